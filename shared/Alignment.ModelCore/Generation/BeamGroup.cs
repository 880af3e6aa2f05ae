using Alignment.ModelCore.Generation.LogitsProcessors;

namespace Alignment.ModelCore.Generation;

/// <summary>
/// The beams of one prompt. With sampling, candidates are drawn without replacement from the softmax over beams and vocabulary of the
/// sums so far (Gumbel keys: the highest are such a draw, in its order).
/// </summary>
internal sealed class BeamGroup
{
    private readonly int prompt;
    private readonly GenerationOptions options;
    private readonly RandomStream? random;
    private readonly StopStrings? stops;
    private readonly IReadOnlyList<ILogitsProcessor> processors;
    private readonly List<(Beam Beam, double Score, StopReason Reason, string? Stop)> finished = [];
    private List<Beam> running;

    /// <param name="random">Draws candidates; null takes the best.</param>
    public BeamGroup(int prompt, IReadOnlyList<int> promptIds, GenerationOptions options, StopStrings? stops, RandomStream? random)
    {
        (this.prompt, this.options, this.stops, this.random) = (prompt, options, stops, random);
        var padding = Math.Max(0, (options.PaddedWidth ?? 0) - promptIds.Count);
        var history = new RowHistory([.. Enumerable.Repeat(options.PadTokenId, padding), .. promptIds], padding);
        Limit = options.MaxLength is { } longest ? Math.Min(options.MaxNewTokens, longest - history.Length) : options.MaxNewTokens;
        processors = LogitsProcessorChain.Build(options, history.Length);
        running = [new(history, [], 0)];
    }

    /// <summary>Most new tokens.</summary>
    public int Limit { get; }

    /// <summary>Nothing that still runs can change the result.</summary>
    public bool Done { get; private set; }

    private int Length => running[0].LogProbs.Count;

    /// <summary>
    /// One step. <paramref name="logProbs"/> holds (rows, V): one row at the first step, one per beam afterwards. Gives the token each
    /// new beam ends with and the old beam it came from.
    /// </summary>
    public void Step(ReadOnlySpan<float> logProbs, int width, Span<int> tokens, Span<int> parents)
    {
        if (Done)
        {
            // Others still run: the rows are kept alive with any token.
            tokens.Clear();
            for (var b = 0; b < parents.Length; b++)
            {
                parents[b] = Math.Min(b, (logProbs.Length / width) - 1);
            }

            return;
        }

        var candidates = Candidates(logProbs, width);
        var next = new List<Beam>();
        var goesOn = new List<(int Parent, int Id, double Sum, float LogProb)>();
        var length = Length + 1;
        for (var i = 0; i < candidates.Count; i++)
        {
            var (parent, id, sum, logProb) = candidates[i];
            var ends = options.EosTokenIds.Contains(id);
            var stop = ends ? null : running[parent].StopAfter(id, stops);
            if (!ends && stop is null && length < Limit)
            {
                goesOn.Add((parent, id, sum, logProb));
            }
            else if (i < options.Beams)
            {
                var beam = running[parent].Extend(id, logProb, sum);
                var reason = ends ? StopReason.EndToken : stop is not null ? StopReason.StopString : StopReason.Length;
                finished.Add((beam, sum / Math.Pow(length, options.LengthPenalty), reason, stop));
            }
        }

        foreach (var (parent, id, sum, logProb) in goesOn.OrderByDescending(c => c.Sum).Take(options.Beams))
        {
            (tokens[next.Count], parents[next.Count]) = (id, parent);
            next.Add(running[parent].Extend(id, logProb, sum));
        }

        finished.Sort((a, b) => b.Score.CompareTo(a.Score));
        if (finished.Count > options.Beams)
        {
            finished.RemoveRange(options.Beams, finished.Count - options.Beams);
        }

        running = next;
        Done = next.Count == 0 || IsDone(length, next[0].Sum);
        for (var b = next.Count; b < tokens.Length; b++)
        {
            (tokens[b], parents[b]) = (0, 0);
        }
    }

    public IEnumerable<GeneratedSequence> Results() => finished.Take(options.Sequences).Select((f, k) => new GeneratedSequence(
        prompt, k, [.. f.Beam.History.Ids.Skip(f.Beam.History.PromptLength)], f.Beam.LogProbs, f.Beam.LogProbs, f.Reason, f.Stop, f.Score));

    /// <summary>The best continuations over beams × vocabulary, best first, equal sums in order of beam and id; or as many drawn ones, in the order drawn.</summary>
    private List<(int Parent, int Id, double Sum, float LogProb)> Candidates(ReadOnlySpan<float> logProbs, int width)
    {
        var wanted = Math.Max(2, 1 + options.EosTokenIds.Count) * options.Beams;
        var best = new List<(int Parent, int Id, double Sum, float LogProb)>();
        var scores = new float[width];
        for (var parent = 0; parent < running.Count; parent++)
        {
            logProbs.Slice(parent * width, width).CopyTo(scores);
            foreach (var processor in processors)
            {
                processor.Apply(running[parent].History, scores);
            }

            if (random is not null)
            {
                foreach (var id in Distribution.Descending(scores))
                {
                    best.Add((parent, id, running[parent].Sum + scores[id], scores[id]));
                }

                continue;
            }

            var threshold = Distribution.KthLargest(scores, Math.Min(wanted, width));
            foreach (var id in Distribution.Descending(scores, Math.Max(threshold, float.MinValue)))
            {
                best.Add((parent, id, running[parent].Sum + scores[id], scores[id]));
            }
        }

        if (random is not null)
        {
            return [.. best.Select(c => (Key: c.Sum - Math.Log(-Math.Log(1 - random.NextDouble())), c)).OrderByDescending(c => c.Key).Take(wanted).Select(c => c.c)];
        }

        return [.. best.OrderByDescending(c => c.Sum).ThenBy(c => c.Parent).ThenBy(c => c.Id).Take(wanted)];
    }

    private bool IsDone(int length, double bestSum)
    {
        if (finished.Count < options.Beams)
        {
            return false;
        }

        if (options.EarlyStopping == EarlyStopping.WhenFull)
        {
            return true;
        }

        // With a positive penalty longer sequences score better, so "never" must assume the longest.
        var assumed = options.EarlyStopping == EarlyStopping.Never && options.LengthPenalty > 0 ? Limit : length;
        return bestSum / Math.Pow(assumed, options.LengthPenalty) <= finished[^1].Score;
    }

    private sealed record Beam(RowHistory History, IReadOnlyList<float> LogProbs, double Sum)
    {
        public string? StopAfter(int id, StopStrings? stops) => stops?.Match([.. History.Ids.Skip(History.PromptLength), id]);

        public Beam Extend(int id, float logProb, double sum)
        {
            var history = History.Clone();
            history.Add(id);
            return new(history, [.. LogProbs, logProb], sum);
        }
    }
}
