using System.Diagnostics;

namespace Alignment.Storage.Tests;

/// <summary>A real file system of a few megabytes (tmpfs); needs the right to mount, otherwise the test is skipped with that reason.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk Mount(int megabytes)
    {
        var path = Directory.CreateTempSubdirectory("alignment-disk-").FullName;
        var (code, error) = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "none", path);
        if (code != 0)
        {
            Directory.Delete(path);
            Assert.Skip($"A small disk cannot be mounted here: {error.Trim()}");
        }

        return new(path);
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var ballast = File.Create(System.IO.Path.Combine(Path, "ballast"));
        foreach (var size in (ReadOnlySpan<int>)[65_536, 4096])
        {
            try
            {
                while (true)
                {
                    ballast.Write(new byte[size]);
                    ballast.Flush();
                }
            }
            catch (IOException)
            {
                // Full at this grain.
            }
        }
    }

    public void Free() => File.Delete(System.IO.Path.Combine(Path, "ballast"));

    public void Dispose()
    {
        Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static (int Code, string Error) Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
