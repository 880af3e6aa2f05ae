using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Rollouts;

/// <summary>A model's numbers on the response tokens of B trajectories; column t belongs to response token t. All (B, R).</summary>
/// <param name="LogProbs">0 where the mask is false.</param>
/// <param name="Entropy">Nats; 0 where the mask is false unless slots were asked for.</param>
/// <param name="Mask">True on response tokens.</param>
public sealed record ResponseTokens(Tensor LogProbs, Tensor Entropy, Tensor Mask);

/// <summary>Forward passes over prompt and response, padded on the right; only response positions reach the vocabulary head.</summary>
public static class ResponseForward
{
    /// <summary>Longest response of these.</summary>
    public static int Width(IEnumerable<Trajectory> trajectories) => trajectories.Max(t => t.Response.Length);

    /// <summary>(B, width), true on response tokens.</summary>
    public static Tensor Mask(IReadOnlyList<Trajectory> trajectories, int width) =>
        ResponseMasks.FromLengths(tensor(trajectories.Select(t => (long)t.Response.Length).ToArray()), width);

    /// <summary>The policy's (or the reference's) log-probs and entropies, differentiable.</summary>
    /// <param name="width">R, at least the longest response.</param>
    /// <param name="slots">
    /// Entropies also in the slots after a response, as TRL's PPO averages them: the tail's or padding's positions see every real token before
    /// them. Only for metrics.
    /// </param>
    /// <param name="layout">Shared: a prompt that consecutive trajectories continue is computed once for all of them. Not with <paramref name="slots"/>.</param>
    public static ResponseTokens LogProbs(
        CausalModel model, IReadOnlyList<Trajectory> trajectories, int width, int padId, HeadOptions? head = null, bool slots = false, AnswerLayout layout = AnswerLayout.Separate)
    {
        if (layout == AnswerLayout.Shared && !slots)
        {
            return Shared(model, trajectories, width, padId, head);
        }

        int count = trajectories.Count, length = slots ? trajectories.Max(t => t.Prompt.Length) + width : trajectories.Max(t => t.Length);
        var ids = Ids(trajectories, length, padId, slots);
        var batch = tensor(ids, [count, length]);
        var (mask, positions) = slots ? Slots(trajectories, ids, length, padId) : (null, null);
        var hidden = model.Hidden(batch, mask, positions);
        var (from, to) = Places(trajectories, length, width, slots);
        var targets = to.Select(i => ids[((i / width) * length) + trajectories[(int)(i / width)].Prompt.Length + (i % width)]).ToArray();
        var statistics = HeadLogProbs.Compute(hidden.reshape(-1, hidden.shape[2]).index_select(0, tensor(from)), model.HeadWeight, null, tensor(targets), head);
        var response = Mask(trajectories, width);
        var place = tensor(to);
        Tensor Spread(Tensor v) => zeros([count * width], v.dtype, v.device).scatter(0, place, v).reshape(count, width);
        var logProbs = Spread(statistics.LogProbs);
        return new(slots ? logProbs.mul(response.to_type(logProbs.dtype)) : logProbs, Spread(statistics.Entropy), response);
    }

    /// <summary>
    /// The layout that needs less arithmetic for these trajectories: sharing saves the prompts' repetitions and the padding in every matrix, and looks at the same pairs of tokens.
    /// </summary>
    public static AnswerLayout Cheaper(IReadOnlyList<Trajectory> trajectories)
    {
        var groups = Groups(trajectories);
        return groups.Count < trajectories.Count && groups.Sum(g => g.SharedLength) < .9 * trajectories.Count * trajectories.Max(t => t.Length) ? AnswerLayout.Shared : AnswerLayout.Separate;
    }

    /// <summary>The log-probs that the sampler recorded, (B, width); 0 beyond the response.</summary>
    /// <exception cref="ArgumentException">It recorded none.</exception>
    public static Tensor Sampled(IReadOnlyList<Trajectory> trajectories, int width, ScalarType dtype) => trajectories.Any(t => t.SamplingLogProbs.Length != t.Response.Length)
        ? throw new ArgumentException("The sampler recorded no log-probs for these responses.")
        : tensor(trajectories.SelectMany(t => t.SamplingLogProbs.Concat(Enumerable.Repeat(0.0, width - t.Response.Length))).ToArray(), [trajectories.Count, width], ScalarType.Float64).to_type(dtype);

    /// <summary>The critic's values (B, width), differentiable: column t is the value before response token t, the column after the last one that of the whole; 0 beyond.</summary>
    public static Tensor Values(ScoringModel critic, IReadOnlyList<Trajectory> trajectories, int width, int padId)
    {
        int count = trajectories.Count, length = trajectories.Max(t => t.Length);
        var all = critic.AllScores(tensor(Ids(trajectories, length, padId, tails: false), [count, length])).squeeze(-1).reshape(-1);
        var from = new List<long>();
        var to = new List<long>();
        for (var b = 0; b < count; b++)
        {
            var t = trajectories[b];
            for (var r = 0; r < Math.Min(t.Response.Length + 1, width); r++)
            {
                from.Add((b * (long)length) + t.Prompt.Length - 1 + r);
                to.Add((b * (long)width) + r);
            }
        }

        return zeros([count * width], all.dtype).scatter(0, tensor(to.ToArray()), all.index_select(0, tensor(from.ToArray()))).reshape(count, width);
    }

    /// <summary>Consecutive trajectories of one prompt together.</summary>
    private static List<PromptAnswers> Groups(IReadOnlyList<Trajectory> trajectories)
    {
        var groups = new List<(int[] Prompt, List<int[]> Answers)>();
        foreach (var t in trajectories)
        {
            if (groups.Count == 0 || !groups[^1].Prompt.AsSpan().SequenceEqual(t.Prompt))
            {
                groups.Add((t.Prompt, []));
            }

            groups[^1].Answers.Add(t.Response);
        }

        return [.. groups.Select(g => new PromptAnswers(g.Prompt, g.Answers))];
    }

    private static ResponseTokens Shared(CausalModel model, IReadOnlyList<Trajectory> trajectories, int width, int padId, HeadOptions? head)
    {
        var groups = Groups(trajectories);
        var batch = AnswerBatch.For(model.Body, groups, padId, AnswerLayout.Shared);
        var hidden = model.Hidden(batch.InputIds, batch.Visible, batch.PositionIds, rows: batch.Texts);
        var s = HeadLogProbs.Compute(hidden.reshape(-1, hidden.shape[2]).index_select(0, batch.Predictors), model.HeadWeight, null, batch.Targets, head);

        // The batch numbers its sequences answer by answer; trajectories come group by group.
        var first = groups.Select((_, g) => groups.Take(g).Sum(x => x.Answers.Count)).ToArray();
        var order = AnswerBatch.Order(groups).Select((x, i) => (Trajectory: first[x.Group] + x.Answer, Sequence: (long)i)).OrderBy(x => x.Trajectory).Select(x => x.Sequence).ToArray();
        var rows = tensor(order);
        Tensor Place(Tensor v) => nn.functional.pad(batch.Spread(v).index_select(0, rows), [0, width - batch.Columns]);
        return new(Place(s.LogProbs), Place(s.Entropy), Mask(trajectories, width));
    }

    private static long[] Ids(IReadOnlyList<Trajectory> trajectories, int length, int padId, bool tails)
    {
        var ids = new long[trajectories.Count * length];
        Array.Fill(ids, padId);
        for (var b = 0; b < trajectories.Count; b++)
        {
            var t = trajectories[b];
            var at = b * length;
            foreach (var id in t.Prompt.Concat(t.Response).Concat(tails ? t.Tail : []))
            {
                ids[at++] = id;
            }
        }

        return ids;
    }

    /// <summary>Flat positions of the hidden states that score response tokens, and where their numbers go.</summary>
    private static (long[] From, long[] To) Places(IReadOnlyList<Trajectory> trajectories, int length, int width, bool slots)
    {
        var from = new List<long>();
        var to = new List<long>();
        for (var b = 0; b < trajectories.Count; b++)
        {
            for (var r = 0; r < (slots ? width : trajectories[b].Response.Length); r++)
            {
                from.Add((b * (long)length) + trajectories[b].Prompt.Length - 1 + r);
                to.Add((b * (long)width) + r);
            }
        }

        return ([.. from], [.. to]);
    }

    /// <summary>Every position sees the real tokens up to it, padded positions too; positions count the real tokens before.</summary>
    private static (Tensor Mask, Tensor Positions) Slots(IReadOnlyList<Trajectory> trajectories, long[] ids, int length, int padId)
    {
        var keep = new bool[ids.Length];
        var positions = new long[ids.Length];
        for (var b = 0; b < trajectories.Count; b++)
        {
            var t = trajectories[b];
            long seen = 0;
            for (var i = 0; i < length; i++)
            {
                var at = (b * length) + i;
                keep[at] = i < t.Length || (i < t.Length + t.Tail.Length && ids[at] != padId);
                positions[at] = seen;
                seen += keep[at] ? 1 : 0;
            }
        }

        var mask = tensor(keep, [trajectories.Count, length]).unsqueeze(1).expand(trajectories.Count, length, length);
        return (mask, tensor(positions, [trajectories.Count, length]));
    }
}
