using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>A table of rows looked up by id.</summary>
public sealed class TokenEmbedding : nn.Module<Tensor, Tensor>, IReplaceable
{
    private readonly List<EmbeddingAdapter> adapters = [];
    private readonly Parameter weight;
    private Parameter? other;

    public TokenEmbedding(ParameterSource source, string path, long rows, long width)
        : base(nameof(TokenEmbedding))
    {
        weight = source.Get(path + ".weight", [rows, width], Initialisation.Normal);
        register_parameter("weight", weight);
    }

    /// <summary>(rows, D)</summary>
    public Parameter Weight => other ?? weight;

    /// <summary>What a tied head reads. (rows, D)</summary>
    public Tensor TiedWeight => adapters.Aggregate((Tensor)(TiesReplacement ? Weight : weight), (w, a) => a.TiedTable(w));

    /// <summary>Whether a tied head follows a replaced table.</summary>
    public bool TiesReplacement { get; set; }

    public IEnumerable<string> Replaceable => ["weight"];

    public void Attach(EmbeddingAdapter adapter) => adapters.Add(adapter);

    /// <summary>Takes the adapter off without disposing it; nothing happens where it is not attached.</summary>
    public void Detach(EmbeddingAdapter adapter) => adapters.Remove(adapter);

    public Parameter Own(string name) => weight;

    public void Replace(string name, Parameter? by) => other = by;

    /// <summary>(B, T) int64 → (B, T, D)</summary>
    public override Tensor forward(Tensor ids)
    {
        var flat = ids.reshape(-1);
        return adapters.Aggregate(Weight.index_select(0, flat), (rows, a) => a.Output(flat, rows)).view(ids.shape[0], ids.shape[1], Weight.shape[1]);
    }

    /// <summary>(B or 1, T, D)</summary>
    public Tensor At(Positions positions) => positions.Start is not { } start ? forward(positions.Ids!)
        : adapters.Count == 0 ? Weight.narrow(0, start, positions.Length).unsqueeze(0)
        : forward(arange(start, start + positions.Length, ScalarType.Int64).unsqueeze(0));
}
