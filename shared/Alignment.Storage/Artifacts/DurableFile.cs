using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Alignment.Storage.Artifacts;

/// <summary>Files and renames that survive a power cut: the data is flushed, then the folder entry that names it.</summary>
public static partial class DurableFile
{
    /// <summary>Writes <paramref name="bytes"/> so that a reader sees the old file or the whole new one, never a part.</summary>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write);
            RandomAccess.Write(handle, bytes, 0);
            RandomAccess.FlushToDisk(handle);
        }
        catch
        {
            // On a full disk the torso would be taken for content by the next try.
            File.Delete(temporary);
            throw;
        }

        File.Move(temporary, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    internal static void FlushFile(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>.NET opens no folders, so the C library flushes the folder entry.</summary>
    internal static void FlushFolder(string folder)
    {
        const int ReadOnly = 0;
        using var handle = new SafeFileHandle(Open(folder, ReadOnly), ownsHandle: true);
        if (handle.IsInvalid || Flush(handle) != 0)
        {
            throw new IOException($"Cannot flush the folder '{folder}': {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(SafeFileHandle handle);
}
