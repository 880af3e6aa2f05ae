using Alignment.ModelCore.Generation.LogitsProcessors;

namespace Alignment.ModelCore.Generation;

/// <summary>One sequence while it is generated.</summary>
internal sealed class SequenceRow
{
    private readonly GenerationOptions options;
    private readonly IReadOnlyList<ILogitsProcessor> processors;
    private readonly RandomStream random;
    private readonly RowHistory history;
    private readonly List<int> ids = [];
    private readonly List<float> logProbs = [];
    private readonly List<float>? processed;
    private readonly IReadOnlyList<int>? replay;
    private readonly bool sample;
    private StopReason reason;
    private string? stopString;

    public SequenceRow(int prompt, int index, IReadOnlyList<int> promptIds, GenerationOptions options, RandomStream random)
    {
        (Prompt, Index, this.options, this.random) = (prompt, index, options, random);
        // Temperature 0 means the best token, as every API has it.
        sample = options.Sample && options.Temperature > 0;
        var padding = Math.Max(0, (options.PaddedWidth ?? 0) - promptIds.Count);
        history = new([.. Enumerable.Repeat(options.PadTokenId, padding), .. promptIds], padding);
        processors = LogitsProcessorChain.Build(sample ? options : options with { Sample = false }, history.Length);
        Limit = options.MaxLength is { } longest ? Math.Min(options.MaxNewTokens, longest - history.Length) : options.MaxNewTokens;
        if (Limit < 1)
        {
            throw new ArgumentException($"Prompt {prompt} has {history.Length} tokens; MaxLength {options.MaxLength} leaves no room.");
        }

        processed = options.ProcessedLogProbs ? [] : null;
        replay = options.Replay?[(prompt * options.Sequences) + index];
    }

    public int Prompt { get; }

    public int Index { get; }

    /// <summary>Most new tokens.</summary>
    public int Limit { get; }

    public bool Done { get; private set; }

    public int Last => ids.Count == 0 ? 0 : ids[^1];

    /// <summary>Chooses the next token from raw logits (V), whose log-sum-exp is <paramref name="total"/>.</summary>
    public GeneratedToken Choose(ReadOnlySpan<float> raw, float total, float[] scratch, StopStrings? stops)
    {
        ReadOnlySpan<float> scores = raw;
        if (processors.Count > 0)
        {
            raw.CopyTo(scratch);
            foreach (var processor in processors)
            {
                processor.Apply(history, scratch);
            }

            scores = scratch;
        }

        var id = replay is not null ? replay[ids.Count] : sample ? Draw(scores) : Best(scores);
        processed?.Add((float)(scores[id] - Distribution.LogSumExp(scores)));
        return Take(id, raw[id] - total, stops);
    }

    public GeneratedSequence Result() => new(Prompt, Index, ids, logProbs, processed, reason, stopString);

    private GeneratedToken Take(int id, float logProb, StopStrings? stops)
    {
        ids.Add(id);
        logProbs.Add(logProb);
        history.Add(id);
        if (StoppingRules.EndsWith(ids, options.EosTokenIds))
        {
            (Done, reason) = (true, StopReason.EndToken);
        }
        else if (stops?.Match(ids) is { } stop)
        {
            (Done, reason, stopString) = (true, StopReason.StopString, stop);
        }
        else if (StoppingRules.IsFull(ids.Count, Limit))
        {
            (Done, reason) = (true, StopReason.Length);
        }

        return new(Prompt, Index, id, logProb, Done);
    }

    private static int Best(ReadOnlySpan<float> scores)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
            {
                best = i;
            }
        }

        return best;
    }

    /// <summary>Inverse of the cumulative distribution at one uniform number.</summary>
    private int Draw(ReadOnlySpan<float> scores)
    {
        double max = Distribution.Max(scores), total = 0;
        foreach (var s in scores)
        {
            total += s == float.NegativeInfinity ? 0 : Math.Exp(s - max);
        }

        var target = random.NextDouble() * total;
        var last = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] == float.NegativeInfinity)
            {
                continue;
            }

            last = i;
            target -= Math.Exp(scores[i] - max);
            if (target < 0)
            {
                return i;
            }
        }

        return last;
    }
}
