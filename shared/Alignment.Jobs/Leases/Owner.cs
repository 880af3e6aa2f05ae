namespace Alignment.Jobs.Leases;

/// <summary>
/// Names the process that holds a lease so exactly that another process of the same host can tell whether it still lives:
/// host, boot id, pid namespace, pid, start time (Linux <c>proc(5)</c>). Other hosts cannot tell and wait for the lease.
/// </summary>
internal static class Owner
{
    private static readonly string Host = $"{Environment.MachineName}/{Boot()}/{PidNamespace()}";

    /// <summary>This process.</summary>
    public static string Current { get; } = Of(Environment.ProcessId);

    /// <summary>A process of this host.</summary>
    internal static string Of(int pid) => $"{Host}/{pid}/{StartTime(pid)}";

    /// <summary>True only when the owner ran on this host and is certainly gone.</summary>
    public static bool IsDead(string owner)
    {
        var parts = owner.Split('/');
        return parts.Length == 5 && owner.StartsWith(Host + "/", StringComparison.Ordinal)
            && int.TryParse(parts[3], out var pid) && StartTime(pid) != parts[4];
    }

    /// <summary>Field 22 of <c>/proc/pid/stat</c>, or empty when there is no such process. The name in field 2 may hold blanks, so count from its closing bracket.</summary>
    private static string StartTime(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            const int Zombie = 0, Start = 19;
            return fields[Zombie] is "Z" or "X" ? "" : fields[Start];
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string Boot() => File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id")[..8] : "none";

    private static string PidNamespace() => new FileInfo("/proc/self/ns/pid").LinkTarget?.Trim('p', 'i', 'd', ':', '[', ']') ?? "none";
}
