using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Alignment.Statistics;

namespace Alignment.Suite.Demo.Annotators;

/// <summary>
/// One simulated person. A judgement depends on the seed, the handle, the prompt and the answers as shown and on nothing
/// else, so that a run killed and started again gives the same judgements.
/// </summary>
internal sealed class SimulatedAnnotator(string handle, int seed, SimulatedAnnotatorSettings settings)
{
    public string Handle => handle;

    /// <summary>Ranks answers, best first, ties in one group.</summary>
    /// <param name="score">The rubric's score of an answer, 0 … 1.</param>
    /// <param name="choices">Label and text in the order shown.</param>
    public IReadOnlyList<IReadOnlyList<string>> Rank(string prompt, IReadOnlyList<ShownAnswer> choices, Func<string, double> score)
    {
        var random = Generator("slip", prompt, string.Join('\u001f', choices.Select(c => c.Text)));
        if (random.NextDouble() < settings.ErrorRate)
        {
            List<string> labels = [.. choices.Select(c => c.Label)];
            random.Shuffle(labels);
            return [.. labels.Select(l => new[] { l })];
        }

        var judged = choices.Select((c, place) => (c.Label, Score: score(c.Text)
            + (settings.Disagreement * Normal(Generator("taste", prompt, c.Text)))
            + (place == 0 ? settings.PositionBias : 0)));
        var groups = new List<List<string>>();
        var best = double.NaN;
        foreach (var (label, value) in judged.OrderByDescending(j => j.Score).ThenBy(j => j.Label, StringComparer.Ordinal))
        {
            if (groups.Count > 0 && best - value <= settings.TieMargin)
            {
                groups[^1].Add(label);
                continue;
            }

            groups.Add([label]);
            best = value;
        }

        return groups;
    }

    // Box and Muller; one of the pair is enough.
    private static double Normal(SplitMix64 random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private SplitMix64 Generator(string purpose, string prompt, string text) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{handle}\n{purpose}\n{prompt}\n{text}"))));
}

/// <summary>An answer as an annotator sees it: a letter and a text, nothing about who wrote it.</summary>
internal sealed record ShownAnswer(string Label, string Text);
