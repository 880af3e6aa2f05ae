namespace Alignment.ModelCore.Losses;

/// <summary>
/// How logits come from hidden states: z = cap(scale·(h·Wᵀ + b)) / T with cap(x) = softcap·tanh(x / softcap) where a soft cap is set
/// (Gemma 2). Defaults change nothing.
/// </summary>
/// <param name="Temperature">Divides the logits last.</param>
/// <param name="Softcap">Null: none.</param>
/// <param name="LogitScale">Multiplies before the cap.</param>
/// <param name="MaxChunkElements">Rows × vocabulary held at once; 4 M floats are 16 MB.</param>
/// <param name="Statistics">False: <see cref="HeadLogProbs"/> gives log-probs alone, the rest is 0; the same log-probs and gradients to the last bit, in less time.</param>
/// <param name="KeptElements">Rows × vocabulary up to which the way back uses what the way there computed; beyond, it is computed again.</param>
public sealed record HeadOptions(double Temperature = 1, double? Softcap = null, double LogitScale = 1, long MaxChunkElements = 4 << 20, bool Statistics = true, long KeptElements = 16 << 20)
{
    public static HeadOptions Default { get; } = new();

    internal long RowsPerChunk(long vocabulary) => Math.Max(1, MaxChunkElements / Math.Max(1, vocabulary));
}
