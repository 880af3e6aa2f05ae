namespace Alignment.Storage.Databases;

/// <summary>Opens the database that a connection setting describes.</summary>
public static class Database
{
    /// <param name="connectionString"><c>Data Source=file.db</c> for SQLite or <c>Host=…;Database=…</c> for PostgreSQL.</param>
    /// <exception cref="StorageException">The setting names neither.</exception>
    public static IDatabase Open(string connectionString, TimeProvider time)
    {
        var keys = connectionString.Split(';').Select(part => part.Split('=')[0].Trim().ToLowerInvariant()).ToHashSet();
        if (keys.Contains("host") || keys.Contains("server"))
        {
            return new PostgresDatabase(connectionString, time);
        }

        if (keys.Contains("data source") || keys.Contains("datasource") || keys.Contains("filename"))
        {
            return new SqliteDatabase(connectionString, time);
        }

        throw new StorageException("The database setting names no database: write 'Data Source=data/alignment.db' for SQLite or 'Host=…;Database=…;Username=…' for PostgreSQL.");
    }
}
