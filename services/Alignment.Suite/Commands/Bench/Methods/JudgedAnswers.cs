using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Generation;
using Alignment.Suite.Demo;
using Alignment.Suite.Demo.Annotators;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>Samples the starting point's answers to the sample's prompts, lets the simulated annotators rank them, and writes one line for each pair with a majority.</summary>
internal static class JudgedAnswers
{
    private const int MaxTokens = 96;
    private const double Temperature = 0.8;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>Pairs written.</returns>
    public static int Make(string model, string file, SimulatedAnnotatorSettings settings, int candidates, int seed, CancellationToken cancellation)
    {
        var rubric = HelpdeskRubric.Load(BenchPaths.Sample);
        var annotators = Enumerable.Range(1, settings.Annotators).Select(n => new SimulatedAnnotator($"simulated-{n}", seed, settings)).ToList();
        var rows = PromptReader.Read(BenchPaths.Prompts);
        using var responder = ChatResponder.Load(model);
        var generation = new GenerationOptions { Sample = true, Temperature = Temperature, MaxNewTokens = MaxTokens, Sequences = candidates, Seed = (ulong)seed };
        var answers = responder.Answer([.. rows.Select(r => responder.Encode(r.Messages))], generation, ct: cancellation).ToLookup(a => a.Prompt, a => a.Text.Trim());
        var lines = new List<string>();
        for (var i = 0; i < rows.Count; i++)
        {
            var choices = answers[i].Where(t => t.Length > 0).Distinct(StringComparer.Ordinal).Select((text, c) => new ShownAnswer(((char)('a' + c)).ToString(), text)).ToList();
            lines.AddRange(Pairs(rows[i], choices, rubric, annotators).Select(p => p.ToJsonString(Plain)));
        }

        File.WriteAllLines(file, lines);
        return lines.Count;
    }

    /// <summary>Every pair on which more annotators prefer one answer than the other.</summary>
    private static IEnumerable<JsonObject> Pairs(PromptRow row, List<ShownAnswer> choices, HelpdeskRubric rubric, List<SimulatedAnnotator> annotators)
    {
        var text = row.Messages[^1]!["content"]!.GetValue<string>();
        var prompt = rubric.Find(text)!;
        var ranks = annotators.Select(a => a.Rank(text, choices, answer => rubric.Score(prompt, answer).Total).SelectMany((group, place) => group.Select(label => (label, place))).ToDictionary(x => x.label, x => x.place)).ToList();
        for (var a = 0; a < choices.Count; a++)
        {
            for (var b = a + 1; b < choices.Count; b++)
            {
                var votes = ranks.Select(r => Math.Sign(r[choices[b].Label] - r[choices[a].Label])).ToList();
                var (ahead, behind) = (votes.Count(v => v > 0), votes.Count(v => v < 0));
                if (ahead != behind)
                {
                    var (chosen, rejected) = ahead > behind ? (choices[a], choices[b]) : (choices[b], choices[a]);
                    yield return new()
                    {
                        ["prompt"] = row.Messages.DeepClone(), ["chosen"] = chosen.Text, ["rejected"] = rejected.Text, ["n_votes"] = votes.Count,
                        ["p_win"] = (Math.Max(ahead, behind) + (0.5 * votes.Count(v => v == 0))) / votes.Count,
                        ["language"] = row.Line["language"]!.DeepClone(), ["facts"] = row.Line["facts"]!.DeepClone(),
                    };
                }
            }
        }
    }
}
