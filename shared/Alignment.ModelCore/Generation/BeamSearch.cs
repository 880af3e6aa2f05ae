using System.Runtime.InteropServices;
using Alignment.ModelCore.Modules;
using TorchSharp;

namespace Alignment.ModelCore.Generation;

/// <summary>
/// Beam search by the rules of transformers 5: processors act on log-probabilities, each step looks at the best
/// max(2, 1 + end tokens)·beams candidates, finished ones enter the pool only from the first <c>beams</c> places.
/// </summary>
internal sealed class BeamSearch(CausalModel model, GenerationOptions options, StopStrings? stops)
{
    private readonly int beams = options.Beams;

    /// <param name="streams">One for each prompt when candidates are drawn.</param>
    public IReadOnlyList<GeneratedSequence> Run(IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<RandomStream>? streams, CancellationToken cancellationToken)
    {
        var groups = prompts.Select((p, i) => new BeamGroup(i, p, options, stops, streams?[i])).ToList();
        var limit = groups.Max(g => g.Limit);
        using var session = new DecodingSession(model, prompts, limit);
        var width = model.Config.VocabularySize;
        var tokens = new int[prompts.Count * beams];
        var parents = new int[tokens.Length];
        for (var step = 0; step < limit; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            var logits = step == 0 ? session.Prefill() : session.Step(tokens);
            var scores = logits.log_softmax(-1);
            var values = MemoryMarshal.Cast<byte, float>(scores.bytes);
            for (var g = 0; g < groups.Count; g++)
            {
                var rows = step == 0 ? 1 : beams;
                groups[g].Step(values.Slice(g * rows * width, rows * width), width, tokens.AsSpan(g * beams, beams), parents.AsSpan(g * beams, beams));
                for (var b = 0; b < beams; b++)
                {
                    parents[(g * beams) + b] = step == 0 ? g : (g * beams) + parents[(g * beams) + b];
                }
            }

            if (groups.TrueForAll(g => g.Done))
            {
                break;
            }

            session.Select(parents);
        }

        return [.. groups.SelectMany(g => g.Results())];
    }
}
