using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Generation;

/// <summary>
/// The rows being decoded: their cache, padding and positions. One <see cref="Prefill"/>, then one <see cref="Step"/> per token; few
/// operations per step, nothing grows. Use under inference mode, one dispose scope per step.
/// </summary>
internal sealed class DecodingSession : IDisposable
{
    private readonly CausalModel model;
    private readonly int width;
    private int[] lengths;
    private KeyValueCache cache;
    private readonly bool ownsCache = true;
    private readonly int reused;
    private Tensor? additive;
    private long steps;

    // Places of a learned prompt before the text's.
    private long Learned => model.Body.Prompt?.Length ?? 0;

    /// <param name="prompts">Not empty, each with at least one id.</param>
    /// <param name="newTokens">Most tokens that will be generated.</param>
    public DecodingSession(CausalModel model, IReadOnlyList<IReadOnlyList<int>> prompts, int newTokens)
    {
        this.model = model;
        Prompts = prompts;
        lengths = [.. prompts.Select(p => p.Count)];
        width = lengths.Max();
        CheckPositions(newTokens);
        cache = new(model.Config, prompts.Count, Learned + width + newTokens, model.DType);
    }

    /// <summary>One prompt over a cache that may hold its beginning already.</summary>
    public DecodingSession(CausalModel model, IReadOnlyList<int> prompt, int newTokens, PrefixCache prefix)
    {
        this.model = model;
        Prompts = [prompt];
        lengths = [prompt.Count];
        width = prompt.Count;
        CheckPositions(newTokens);
        cache = prefix.Prepare(model, prompt, newTokens);
        (ownsCache, reused) = (false, prefix.Reused);
    }

    private IReadOnlyList<IReadOnlyList<int>> Prompts { get; }

    /// <summary>Next-token logits of every prompt. (B, V) float32</summary>
    public Tensor Prefill()
    {
        if (reused > 0)
        {
            var rest = Prompts[0].Skip(reused).Select(i => (long)i).ToArray();
            return Logits(model.Hidden(torch.tensor(rest).view(1, rest.Length), null, null, cache).narrow(1, rest.Length - 1, 1));
        }

        var ids = new long[Prompts.Count * width];
        var mask = new bool[ids.Length];
        for (var r = 0; r < Prompts.Count; r++)
        {
            for (var i = 0; i < lengths[r]; i++)
            {
                ids[(r * width) + width - lengths[r] + i] = Prompts[r][i];
                mask[(r * width) + width - lengths[r] + i] = true;
            }
        }

        var padded = lengths.Any(l => l != width);
        var keep = padded ? torch.tensor(mask).view(Prompts.Count, width) : null;
        if (keep is not null)
        {
            var step = torch.zeros([Prompts.Count, cache.Capacity], model.DType);
            step.narrow(1, Learned, width).masked_fill_(keep.logical_not(), Scalars.MinusInfinity);
            additive = step.view(Prompts.Count, 1, 1, cache.Capacity).DetachFromDisposeScope();
        }

        var hidden = model.Hidden(torch.tensor(ids).view(Prompts.Count, width), keep, null, cache);
        return Logits(hidden.narrow(1, width - 1, 1));
    }

    /// <summary>Appends one id per row and gives the next logits. (B, V) float32</summary>
    public Tensor Step(ReadOnlySpan<int> tokens)
    {
        var rows = tokens.Length;
        var ids = new long[rows];
        for (var r = 0; r < rows; r++)
        {
            ids[r] = tokens[r];
        }

        var masks = AttentionMasks.Step(cache.Length, additive?.narrow(3, 0, cache.Length + 1), model.DType);
        var hidden = model.Body.Forward(model.Body.Embed(torch.tensor(ids).view(rows, 1)), masks, NextPositions(rows), cache);
        steps++;
        return Logits(hidden);
    }

    /// <summary>Row i becomes old row <paramref name="rows"/>[i].</summary>
    public void Select(ReadOnlySpan<int> rows)
    {
        using var scope = torch.NewDisposeScope();
        var old = lengths;
        lengths = new int[rows.Length];
        var picked = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            picked[i] = rows[i];
            lengths[i] = old[rows[i]];
        }

        var index = torch.tensor(picked);
        var next = cache.Select(index);
        cache.Dispose();
        cache = next;
        if (additive is not null)
        {
            var chosen = additive.index_select(0, index).DetachFromDisposeScope();
            additive.Dispose();
            additive = chosen;
        }
    }

    public void Dispose()
    {
        if (ownsCache)
        {
            cache.Dispose();
        }

        additive?.Dispose();
    }

    private void CheckPositions(int newTokens)
    {
        if (model.Config.Rope is null && Learned + width + newTokens > model.Config.MaxPositions)
        {
            throw new ArgumentException($"A prompt of {width} tokens and {newTokens} new ones exceed the {model.Config.MaxPositions} positions this model has learned.");
        }
    }

    private Positions NextPositions(int rows)
    {
        if (additive is null)
        {
            return Positions.Run(cache.Length, 1);
        }

        var positions = new long[rows];
        for (var r = 0; r < rows; r++)
        {
            positions[r] = Learned + lengths[r] + steps;
        }

        return new(1, null, torch.tensor(positions).view(rows, 1), positions.Max());
    }

    /// <summary>(B, 1, D) → (B, V)</summary>
    private Tensor Logits(Tensor hidden)
    {
        var logits = model.Head(hidden).squeeze(1);
        return logits.dtype is ScalarType.Float32 ? logits.contiguous() : logits.to_type(ScalarType.Float32);
    }
}
