using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>A table of rows looked up by id.</summary>
public sealed class TokenEmbedding : nn.Module<Tensor, Tensor>
{
    public TokenEmbedding(ParameterSource source, string path, long rows, long width)
        : base(nameof(TokenEmbedding))
    {
        Weight = source.Get(path + ".weight", [rows, width], Initialisation.Normal);
        register_parameter("weight", Weight);
    }

    /// <summary>(rows, D)</summary>
    public Parameter Weight { get; }

    /// <summary>(B, T) int64 → (B, T, D)</summary>
    public override Tensor forward(Tensor ids) => Weight.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], Weight.shape[1]);

    /// <summary>(B or 1, T, D)</summary>
    public Tensor At(Positions positions) => positions.Start is { } start
        ? Weight.narrow(0, start, positions.Length).unsqueeze(0)
        : forward(positions.Ids!);
}
