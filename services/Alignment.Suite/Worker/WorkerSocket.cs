namespace Alignment.Suite.Worker;

/// <summary>Unix socket paths hold about a hundred bytes, so a deep data folder falls back to the temporary folder.</summary>
internal static class WorkerSocket
{
    private const int Longest = 100;

    public static string Path(string folder)
    {
        var name = $"worker-{Environment.ProcessId}.sock";
        var path = System.IO.Path.Combine(folder, name);
        return path.Length <= Longest ? path : System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"alignment-{name}");
    }
}
