using System.Runtime.InteropServices;
using Alignment.ModelCore.Modules;
using TorchSharp;

namespace Alignment.ModelCore.Generation;

/// <summary>
/// Generates from a language model: greedy, sampling or beam search, batched over prompts of any lengths. What a prompt gets does not
/// depend on the other prompts of the call.
/// </summary>
/// <param name="bytesOf">The bytes each token adds to the text; needed for stop strings only.</param>
/// <param name="mixture">A second model with a say in every token; not with beams or a prefix cache.</param>
public sealed class SequenceGenerator(CausalModel model, Func<int, ReadOnlyMemory<byte>>? bytesOf = null, LogitsMixture? mixture = null)
{
    /// <summary>
    /// All sequences, in order of prompt and index. Blocking and on one thread; cancellation is looked at before each token.
    /// </summary>
    /// <param name="prompts">Token ids, unpadded, at least one each.</param>
    /// <param name="prefix">What an earlier call of the same conversation computed; for one prompt and one sequence.</param>
    /// <param name="onToken">Called for each token of each sequence as it is chosen (not in beam search).</param>
    public IReadOnlyList<GeneratedSequence> Generate(
        IReadOnlyList<IReadOnlyList<int>> prompts,
        GenerationOptions options,
        Action<GeneratedToken>? onToken = null,
        CancellationToken cancellationToken = default,
        PrefixCache? prefix = null)
    {
        Validate(prompts, options);
        Require(prefix is null || (prompts.Count == 1 && options.Sequences == 1 && options.Beams == 1), "a prefix cache serves one prompt and one sequence");
        Require(mixture is null || (prefix is null && options.Beams == 1), "a mixture of models is sampled without beams and prefix cache");
        if (prompts.Count == 0)
        {
            return [];
        }

        using var inference = torch.inference_mode();
        var stops = options.StopStrings.Count == 0 ? null : new StopStrings(options.StopStrings, bytesOf
            ?? throw new InvalidOperationException("Stop strings need the tokenizer's bytes of each token."));
        if (options.Beams > 1)
        {
            var draws = options.Sample && options.Temperature > 0;
            return new BeamSearch(model, options with { Sample = draws }, stops).Run(prompts, draws ? Streams(prompts, options, 1) : null, cancellationToken);
        }

        var rows = Rows(prompts, options);
        try
        {
            using var session = prefix is null ? new DecodingSession(model, prompts, rows.Max(r => r.Limit)) : new DecodingSession(model, prompts[0], rows[0].Limit, prefix);
            using var partner = mixture is null ? null : new DecodingSession(mixture.Partner, prompts, rows.Max(r => r.Limit));
            Run(session, partner, rows, stops, onToken, cancellationToken);
        }
        finally
        {
            prefix?.Record(prompts[0].Concat(rows[0].Result().Ids));
        }

        return [.. rows.Select(r => r.Result())];
    }

    private static List<SequenceRow> Rows(IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options)
    {
        var streams = Streams(prompts, options, options.Sequences);
        return [.. streams.Select((stream, row) => new SequenceRow(row / options.Sequences, row % options.Sequences, prompts[row / options.Sequences], options, stream))];
    }

    // One for each sequence, prompt by prompt.
    private static List<RandomStream> Streams(IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions options, int perPrompt)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var streams = new List<RandomStream>();
        for (var p = 0; p < prompts.Count; p++)
        {
            var key = string.Join(',', prompts[p]);
            var occurrence = seen[key] = seen.GetValueOrDefault(key, -1) + 1;
            for (var k = 0; k < perPrompt; k++)
            {
                streams.Add(options.PromptSeeds is { } own
                    ? RandomStream.For(own[p], prompts[p].ToArray(), 0, k)
                    : RandomStream.For(options.Seed, prompts[p].ToArray(), occurrence, k));
            }
        }

        return streams;
    }

    private void Run(DecodingSession session, DecodingSession? partner, List<SequenceRow> all, StopStrings? stops, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        var active = all;
        // Logits of row r of the session belong to active[r]; before the first token one row serves all sequences of its prompt.
        var source = all.Select(r => r.Prompt).ToArray();
        var scratch = new float[model.Config.VocabularySize];
        var tokens = new int[all.Count];
        for (var step = 0; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            var logits = step == 0 ? session.Prefill() : session.Step(tokens.AsSpan(0, active.Count));
            if (partner is not null)
            {
                using var switched = mixture!.AsPartner?.Invoke();
                var theirs = step == 0 ? partner.Prefill() : partner.Step(tokens.AsSpan(0, active.Count));
                logits = Losses.NashMdLoss.GeometricMixture(logits, theirs, mixture.Coefficient);
            }

            var sums = logits.logsumexp(-1);
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(logits.bytes), totals = MemoryMarshal.Cast<byte, float>(sums.bytes);
            for (var r = 0; r < active.Count; r++)
            {
                if (active[r].Done)
                {
                    continue;
                }

                var from = step == 0 ? source[r] : r;
                var raw = values.Slice(from * scratch.Length, scratch.Length);
                var token = active[r].Choose(raw, totals[from], scratch, stops);
                onToken?.Invoke(token);
            }

            if (!active.Exists(r => !r.Done))
            {
                return;
            }

            Compact(session, partner, ref active, step == 0 ? source : null);
            for (var r = 0; r < active.Count; r++)
            {
                tokens[r] = active[r].Last;
            }
        }
    }

    /// <summary>Spreads the prompts' rows over their sequences, and drops finished rows once they are half of all.</summary>
    private static void Compact(DecodingSession session, DecodingSession? partner, ref List<SequenceRow> active, int[]? source)
    {
        var alive = Enumerable.Range(0, active.Count).ToArray();
        var rows = active;
        if (rows.Count(r => r.Done) * 2 >= rows.Count)
        {
            alive = [.. alive.Where(i => !rows[i].Done)];
        }

        if (source is not null ? !alive.Select(i => source[i]).SequenceEqual(Enumerable.Range(0, source[^1] + 1)) : alive.Length < rows.Count)
        {
            int[] kept = [.. alive.Select(i => source is null ? i : source[i])];
            session.Select(kept);
            partner?.Select(kept);
        }

        active = [.. alive.Select(i => rows[i])];
    }

    private void Validate(IReadOnlyList<IReadOnlyList<int>> prompts, GenerationOptions o)
    {
        var vocabulary = model.Config.VocabularySize;
        for (var i = 0; i < prompts.Count; i++)
        {
            if (prompts[i].Count == 0)
            {
                throw new ArgumentException($"Prompt {i} is empty; begin with the model's beginning-of-text token.");
            }

            if (prompts[i].Any(id => id < 0 || id >= vocabulary))
            {
                throw new ArgumentException($"Prompt {i} holds id {prompts[i].First(id => id < 0 || id >= vocabulary)}, outside the vocabulary of {vocabulary}: model and tokenizer do not match.");
            }
        }

        Require(o.MaxNewTokens >= 1, "MaxNewTokens must be at least 1");
        Require(o.Sequences >= 1, "Sequences must be at least 1");
        Require(o.Temperature >= 0, "Temperature must not be negative");
        Require(o.TopP is > 0 and <= 1, "TopP must lie in (0, 1]");
        Require(o.TopK >= 0, "TopK must not be negative");
        Require(o.MinP is >= 0 and <= 1, "MinP must lie in [0, 1]");
        Require(o.RepetitionPenalty > 0, "RepetitionPenalty must be positive");
        Require(o.Beams == 1 || o.Sequences <= o.Beams, "Sequences cannot exceed Beams");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message + ".");
        }
    }
}
