using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Methods;

/// <summary>
/// How a fresh LoRA begins (<c>init_lora_weights</c>): A uniform in ±1/√in or N(0, 1/r²), B zero, so that the model starts unchanged.
/// PiSSA (Meng et al. 2024) and OLoRA (Büyükakyüz 2024) begin with the weight's own leading part and take it out of the base, which
/// changes the base's weight. DoRA's m starts as ‖W‖.
/// </summary>
internal static class LoraStart
{
    public static Lora Of(AdapterSite site, Projection target, long rank, double scale)
    {
        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        var (a, b) = Factors(site, target, rank, scale);
        return new(a, b, scale, site.Config.Dropout,
            site.Config.BiasOfB ? torch.zeros([target.OutFeatures], site.DType) : null,
            site.Config.Decomposed ? Lora.RowNorms(target.Dense()).to_type(site.DType) : null);
    }

    /// <summary>Whether fresh adapters of this kind take something out of the base.</summary>
    public static bool ChangesBase(AdapterConfig config) => config.Text("init_lora_weights") is "pissa" or "olora";

    private static (Tensor A, Tensor B) Factors(AdapterSite site, Projection target, long rank, double scale)
    {
        var zero = torch.zeros([target.OutFeatures, rank], site.DType);
        var start = site.Config.Json["init_lora_weights"];
        if (start is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
        {
            var bound = 1 / Math.Sqrt(target.InFeatures);
            var a = site.Uniform(bound, rank, target.InFeatures);
            // PEFT's false leaves B at what a linear layer starts with: for tests, the model does not start unchanged.
            return (a, start is JsonValue v && v.GetValueKind() == JsonValueKind.False ? site.Uniform(1 / Math.Sqrt(rank), target.OutFeatures, rank) : zero);
        }

        return value.GetValue<string>() switch
        {
            "gaussian" => (site.Normal(1.0 / rank, rank, target.InFeatures), zero),
            "pissa" => Principal(target, rank, scale),
            "olora" => Orthonormal(target, rank, scale),
            var other => throw new AdapterException($"adapter_config.json: init_lora_weights {other} is not supported; use true, false, gaussian, pissa or olora."),
        };
    }

    /// <summary>W = USVᵀ; A = √(S_r/s)·V_rᵀ, B = U_r·√(S_r/s).</summary>
    private static (Tensor A, Tensor B) Principal(Projection target, long rank, double scale)
    {
        var (u, s, v) = torch.linalg.svd(Wide(target, rank), fullMatrices: false);
        var root = s.narrow(0, 0, rank).div(scale).sqrt();
        return Take(target, rank, v.narrow(0, 0, rank).mul(root.unsqueeze(1)), u.narrow(1, 0, rank).mul(root.unsqueeze(0)), scale);
    }

    /// <summary>W = QR; B = the first r columns of Q, A = the first r rows of R, not divided by s.</summary>
    private static (Tensor A, Tensor B) Orthonormal(Projection target, long rank, double scale)
    {
        var (q, r) = torch.linalg.qr(Wide(target, rank));
        return Take(target, rank, r.narrow(0, 0, rank), q.narrow(1, 0, rank), scale);
    }

    private static Tensor Wide(Projection target, long rank)
    {
        if (target.Quantised is not null)
        {
            throw new AdapterException("init_lora_weights pissa and olora change the base's weights, which are quantised here; use true.");
        }

        var weight = target.Dense().detach();
        if (rank > Math.Min(target.InFeatures, target.OutFeatures))
        {
            throw new AdapterException($"init_lora_weights pissa and olora need a rank of at most the smaller side of every target, {Math.Min(target.InFeatures, target.OutFeatures)} here; r is {rank}.");
        }

        return weight.dtype == ScalarType.Float64 ? weight : weight.to_type(ScalarType.Float32);
    }

    private static (Tensor A, Tensor B) Take(Projection target, long rank, Tensor a, Tensor b, double scale)
    {
        var weight = target.Own("weight");
        var rest = Wide(target, rank).sub(b.mm(a).mul(scale));
        weight.copy_(target.Transposed ? rest.t() : rest);
        return (a.to_type(weight.dtype), b.to_type(weight.dtype));
    }
}
