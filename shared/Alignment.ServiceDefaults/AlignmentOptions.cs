using System.ComponentModel.DataAnnotations;

namespace Alignment.ServiceDefaults;

/// <summary>What every process of the suite needs to know; section <c>Alignment</c>, environment <c>Alignment__Data</c> and so on.</summary>
public sealed class AlignmentOptions : IValidatableObject
{
    public const string SectionName = "Alignment";

    /// <summary>Folder of the embedded database and of the artifacts. Default <c>./data</c>.</summary>
    [Required]
    public string Data { get; set; } = "data";

    /// <summary>
    /// ADO.NET connection string: <c>Data Source=…</c> is SQLite, <c>Host=…</c> is PostgreSQL. Default: <c>alignment.db</c> in <see cref="Data"/>.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>Artifact folder, shared by every process that trains or serves. Default: <c>artifacts</c> in <see cref="Data"/>.</summary>
    public string? Artifacts { get; set; }

    /// <summary>
    /// <c>memory</c> (within this process), an address <c>amqp://user:password@host:port/vhost</c>, or <c>none</c>: messages stay rows that
    /// another process of the embedded form sends.
    /// </summary>
    [Required]
    public string Bus { get; set; } = "memory";

    /// <summary>When set, every API route asks for <c>Authorization: Bearer</c> with this value.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Stop when standard input ends; a supervisor sets it for its children.</summary>
    public bool WatchParent { get; set; }

    public string DatabaseOrDefault => Database ?? $"Data Source={Path.Combine(Path.GetFullPath(Data), "alignment.db")}";

    public string ArtifactsOrDefault => Path.GetFullPath(Artifacts ?? Path.Combine(Data, "artifacts"));

    /// <summary>Files of running jobs, beside the artifacts: a successor on any host that sees them resumes from there.</summary>
    public string JobsOrDefault => Path.Combine(Path.GetDirectoryName(ArtifactsOrDefault)!, "jobs");

    public bool IsPostgres => DatabaseOrDefault.Contains("Host=", StringComparison.OrdinalIgnoreCase);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Bus is not ("memory" or "none") && !(Uri.TryCreate(Bus, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps"))
        {
            yield return new($"Alignment:Bus is '{Bus}'; use 'memory', 'none' or amqp://user:password@host:port/vhost.", [nameof(Bus)]);
        }
    }
}
