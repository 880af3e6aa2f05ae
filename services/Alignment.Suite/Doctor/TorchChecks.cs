using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Suite.Doctor;

/// <summary>What the tensor library can do on this machine.</summary>
internal static class TorchChecks
{
    private const int Side = 1024;

    public static IEnumerable<Finding> Run()
    {
        Finding? broken = null;
        try
        {
            TorchRuntime.EnsureLoaded();
        }
        catch (DllNotFoundException e)
        {
            broken = Finding.Fail("libtorch", e.Message, "Run ./align test once, or set ALIGNMENT_NATIVE.");
        }

        if (broken is not null)
        {
            yield return broken;
            yield break;
        }

        var file = Path.Combine(TorchRuntime.NativeFolder, "libLibTorchSharp.so");
        yield return Finding.Ok("libtorch", $"{torch.__version__} from {TorchRuntime.NativeFolder}");
        yield return Finding.Ok("libLibTorchSharp.so", LibTorchSharpPatch.IsPatched(file) ? "patched copy (this system's libstdc++ is older than GCC 13's)" : "as shipped, no patch needed");
        yield return Finding.Ok("MKL kernels", TorchRuntime.UsesVendorKernels ? "AVX kernels switched on for this processor" : "as MKL chooses");
        yield return Finding.Ok("threads", $"{get_num_threads()} for tensors, {Environment.ProcessorCount} cores");
        var single = Gflops(ScalarType.Float32);
        yield return Finding.Ok("fp32 GEMM", string.Create(CultureInfo.InvariantCulture, $"{single:F0} GFLOPS ({Side}³)"));
        yield return Bf16(single);
    }

    private static Finding Bf16(double single)
    {
        if (Bf16Probe.Fault is { } fault)
        {
            return Finding.Fail("bf16", $"this machine multiplies bf16 matrices wrongly: {fault}", "Train in fp32 (compute: float32); the suite refuses bf16 here.");
        }

        var rate = Gflops(ScalarType.BFloat16);
        var text = string.Create(CultureInfo.InvariantCulture, $"correct, {rate:F0} GFLOPS");
        return Avx512BW.IsSupported || rate > single ? Finding.Ok("bf16", text) : Finding.Warn("bf16", text + ", slower than fp32", "Train in fp32 (compute: float32).");
    }

    /// <summary>Best of five products, the first of which warms up.</summary>
    private static double Gflops(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor a = torch.randn([Side, Side]).to_type(type), b = torch.randn([Side, Side]).to_type(type);
        var best = double.MaxValue;
        for (var i = 0; i < 6; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var c = mm(a, b);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return 2.0 * Side * Side * Side / best / 1e9;
    }
}
