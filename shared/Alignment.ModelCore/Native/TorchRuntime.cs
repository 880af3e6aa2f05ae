using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Alignment.ModelCore.Native;

/// <summary>
/// Loads libtorch from the one shared folder before anything touches a TorchSharp type. Otherwise TorchSharp's own loader probes,
/// fails, and copies 600 MB beside the executable.
/// </summary>
public static partial class TorchRuntime
{
    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>The folder the libraries came from.</summary>
    public static string NativeFolder => Loaded.Value;

    /// <summary>Whether MKL was told to use its AVX kernels on a processor where it would not by itself.</summary>
    public static bool UsesVendorKernels => MklDispatch.IsOn;

    /// <summary>Call before the first use of TorchSharp in code that has not touched a type of this assembly.</summary>
    public static void EnsureLoaded() => _ = Loaded.Value;

#pragma warning disable CA2255 // A library may not normally use a module initializer; this one must run before TorchSharp's static constructors.
    [ModuleInitializer]
    internal static void Initialize() => EnsureLoaded();
#pragma warning restore CA2255

    private static string Load()
    {
        var folder = Candidates().FirstOrDefault(d => File.Exists(Path.Combine(d, "libLibTorchSharp.so")))
            ?? throw new DllNotFoundException($"libtorch was not found in {string.Join(", ", Candidates())}. Build the solution, or set ALIGNMENT_NATIVE to the folder that holds libtorch.so and libLibTorchSharp.so.");
        TuneAllocator();
        MklDispatch.Enable();
        // Set before the load: native code reads the environment once, and what managed code sets it never sees.
        NativeLibrary.Load(Path.Combine(folder, "libtorch.so"));
        ScalarRelease.Enable(NativeLibrary.Load(Path.Combine(folder, "libLibTorchSharp.so")));
        return folder;
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("ALIGNMENT_NATIVE") is { Length: > 0 } named)
        {
            yield return named;
        }

        yield return Path.Combine(AppContext.BaseDirectory, "native");
        yield return typeof(TorchRuntime).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "NativeFolder").Value!;
    }

    /// <summary>
    /// One arena, large blocks kept on the heap: a training step allocates and frees the same sizes again and again, and giving them
    /// back to the kernel each time costs a sixth of the step.
    /// </summary>
    private static void TuneAllocator()
    {
        const int TrimThreshold = -1, MmapThreshold = -3, ArenaMax = -8;
        _ = mallopt(MmapThreshold, 1 << 30);
        _ = mallopt(TrimThreshold, int.MaxValue);
        _ = mallopt(ArenaMax, 1);
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
