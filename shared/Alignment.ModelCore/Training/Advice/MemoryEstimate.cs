namespace Alignment.ModelCore.Training.Advice;

/// <summary>Bytes of a run by what they are for.</summary>
/// <param name="Runtime">The process with .NET and libtorch, before a model is loaded.</param>
/// <param name="Weights">The model as it is held, with an adapter's own.</param>
/// <param name="Gradients">4 bytes a learning parameter.</param>
/// <param name="Optimiser">8 bytes a learning parameter: AdamW's two moments.</param>
/// <param name="Activations">What the backward pass needs of the heaviest micro-batch, the loss and scratch buffers included.</param>
public sealed record MemoryEstimate(long Runtime, long Weights, long Gradients, long Optimiser, long Activations)
{
    /// <summary>Measured: an idle process that has loaded libtorch and run a small step.</summary>
    private const long RuntimeBytes = 240L << 20;

    public long Total => Runtime + Weights + Gradients + Optimiser + Activations;

    /// <param name="sequenceTokens">Tokens of the longest sequence, padding included.</param>
    public static MemoryEstimate Of(ModelShape model, AdvisedSettings s, Goal goal, int sequenceTokens)
    {
        var config = model.Config;
        var trainable = s.IsAdapter ? s.Rank * model.RankUnit : model.Parameters;
        var bytesPerLinear = s.Quantise switch { "nf4" => 0.5625, "nf4_double" => 0.516, "int8" => 1.001, _ => 4 };
        var weights = (long)((model.Linear * bytesPerLinear) + ((model.Parameters - model.Linear) * 4.0)) + (s.IsAdapter ? trainable * 4 : 0);
        var tokens = (long)s.BatchSize * goal.SequencesPerRow * Math.Min(sequenceTokens, s.MaxLength);
        var perTokenAndLayer = s.IsAdapter ? (16L * config.Width) + (5L * config.MlpWidth) : (20L * config.Width) + (6L * config.MlpWidth);
        var width = s.Compute == "bfloat16" ? 3 : 4;
        var activations = tokens * config.LayerCount * perTokenAndLayer * width;
        var loss = goal.Logits ? 5 * 4 * Math.Min(4L << 20, tokens * config.VocabularySize) : 0;
        var scratch = s.Quantise != "none" || s.Compute == "bfloat16" ? model.LargestLinear * width : 0;
        return new(RuntimeBytes, weights, trainable * 4, trainable * 8, activations + loss + scratch);
    }

    /// <summary>The same run with a measured peak: weights, gradients and moments are known, the rest is what was seen.</summary>
    public MemoryEstimate Calibrated(long peak)
    {
        var known = Runtime + Weights + Gradients + Optimiser;
        return peak > known ? this with { Activations = peak - known } : this with { Runtime = Math.Max(0, Runtime - (known - peak)), Activations = 0 };
    }
}
