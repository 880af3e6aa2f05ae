using Microsoft.Data.Sqlite;

namespace Alignment.Storage.Databases;

/// <summary>Says which file and which remedy belong to an SQLite error code (sqlite.org/rescode.html).</summary>
internal static class SqliteFaults
{
    public static void PrepareFolder(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Cannot create the folder '{folder}' of the database: {fault.Message} Give this user write access to it or choose another folder.", fault);
        }
    }

    /// <summary>The repairable fault behind an error code, or null where the code is not one a person can repair.</summary>
    public static StorageException? Explain(SqliteException fault, string file) => fault.SqliteErrorCode switch
    {
        8 => new($"The database '{file}' cannot be written: give this user write access to the file and its folder.", fault),
        10 => new($"The disk under the database '{file}' failed to read or write: check the disk ({fault.Message}).", fault),
        13 => new($"The disk or quota under the database '{file}' is full: free space there and run again; nothing half-written was kept.", fault),
        14 => new($"The database '{file}' cannot be opened: create its folder or give this user write access to '{Path.GetDirectoryName(file)}'.", fault),
        11 or 26 => new($"The file '{file}' is not a sound SQLite database: restore it from a copy, or move it away to start empty.", fault),
        _ => null,
    };
}
