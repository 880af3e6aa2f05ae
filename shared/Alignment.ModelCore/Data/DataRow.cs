namespace Alignment.ModelCore.Data;

/// <summary>A row of a data file and where it stood.</summary>
public abstract record DataRow
{
    /// <summary>Null: it came from no file.</summary>
    public RowOrigin? Origin { get; internal set; }
}

/// <summary>File and line, from 1.</summary>
public sealed record RowOrigin(string File, int Line);
