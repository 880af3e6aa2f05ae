namespace Alignment.Jobs;

/// <summary>How a worker claims and holds jobs.</summary>
public sealed class JobWorkerOptions
{
    public const string SectionName = "Jobs";

    /// <summary>How long a silent worker keeps a job. Recovery after a lost host takes this long plus one poll; a process that died on this host is noticed at once.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How often the lease is extended; at most a third of <see cref="Lease"/>.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an idle worker looks for jobs without being woken.</summary>
    public TimeSpan Poll { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Folder for files of running jobs: <c>{WorkFolder}/{jobId}/{attempt}</c>. Removed when the job succeeds.</summary>
    public string WorkFolder { get; set; } = Path.Combine("data", "jobs");

    /// <summary>Throws when the times contradict each other.</summary>
    public void Validate()
    {
        if (Heartbeat <= TimeSpan.Zero || Poll <= TimeSpan.Zero || Heartbeat * 3 > Lease)
        {
            throw new ArgumentException($"{SectionName}: Heartbeat ({Heartbeat}) and Poll ({Poll}) must be positive and Heartbeat at most a third of Lease ({Lease}).");
        }
    }
}
