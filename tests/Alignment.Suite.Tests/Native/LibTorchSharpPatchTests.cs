using System.Text;
using Alignment.ModelCore.Native;

namespace Alignment.Suite.Tests.Native;

/// <summary>The patch on the file that TorchSharp ships, found through the native folder's links.</summary>
public sealed class LibTorchSharpPatchTests
{
    private static readonly byte[] Shipped = File.ReadAllBytes(ShippedFile());

    [Fact]
    public void Apply_ShippedFile_ChangesOnlyTheOneImport()
    {
        var patched = LibTorchSharpPatch.Apply(Shipped);
        Assert.Equal(Shipped.Length, patched.Length);
        Assert.Equal(-1, Encoding.Latin1.GetString(patched).IndexOf("_ZSt21ios_base_library_initv\0", StringComparison.Ordinal));
        // The symbol's name (25 bytes), its version (2), the requirement's hash (4) and name (4).
        Assert.InRange(Shipped.Zip(patched).Count(p => p.First != p.Second), 1, 35);
    }

    [Fact]
    public void Apply_Twice_RefusesTheSecondTime() =>
        Assert.Throws<InvalidDataException>(() => LibTorchSharpPatch.Apply(LibTorchSharpPatch.Apply(Shipped)));

    [Fact]
    public void Apply_NotAnElfFile_SaysSo() =>
        Assert.Contains("ELF", Assert.Throws<InvalidDataException>(() => LibTorchSharpPatch.Apply(new byte[100])).Message);

    [Fact]
    public void NativeFolder_HoldsAFileThatThisSystemCanLoad()
    {
        var file = Path.Combine(TorchRuntime.NativeFolder, "libLibTorchSharp.so");
        var needed = LibTorchSharpPatch.IsNeeded("/usr/lib/x86_64-linux-gnu/libstdc++.so.6");
        Assert.Equal(needed, LibTorchSharpPatch.IsPatched(file));
    }

    private static string ShippedFile()
    {
        // …/libtorch-cpu-linux-x64/2.10.0/runtimes/linux-x64/native/libtorch.so → …/torchsharp/0.107.0/runtimes/linux-x64/native
        var link = new FileInfo(Path.Combine(TorchRuntime.NativeFolder, "libtorch.so")).ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        var packages = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(link)!, "..", "..", "..", "..", ".."));
        return Path.Combine(packages, "torchsharp", "0.107.0", "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
    }
}
