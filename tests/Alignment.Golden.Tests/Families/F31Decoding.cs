using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F31: greedy decoding, recorded samples and beam search on left-padded batches; each prompt alone gives the same.</summary>
internal sealed class F31Decoding : IGoldenCheck
{
    public string Family => "F31";

    public void Check(GoldenCase c)
    {
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), ScalarType.Float32);
        var prompts = Prompts(c);
        var width = (int)c.Tensors.Shape("in.input_ids")[1];
        var config = c.Json.GetProperty("generation_config");
        var options = GenerationOptions.FromJson(config) with { PaddedWidth = width, ProcessedLogProbs = true };
        if (c.Tensors.Has("in.sampled_ids"))
        {
            options = options with { Replay = [.. Rows(c, "in.sampled_ids").Select(r => (IReadOnlyList<int>)r)] };
        }

        var together = new SequenceGenerator(model).Generate(prompts, options);
        Compare(c, together, width);
        CheckAlone(c, model, prompts, options, together);
    }

    private static void CheckAlone(GoldenCase c, CausalModel model, List<int[]> prompts, GenerationOptions options, IReadOnlyList<GeneratedSequence> together)
    {
        for (var p = 0; p < prompts.Count; p++)
        {
            var count = options.Sequences;
            var replay = options.Replay?.Skip(p * count).Take(count).ToList();
            var alone = new SequenceGenerator(model).Generate([prompts[p]], options with { Replay = replay });
            for (var k = 0; k < count; k++)
            {
                Expect.Equal<int>($"prompt {p} alone, sequence {k}", alone[k].Ids, together[(p * count) + k].Ids);
            }
        }
    }

    private static void Compare(GoldenCase c, IReadOnlyList<GeneratedSequence> actual, int width)
    {
        var output = c.Json.GetProperty("out");
        var sequences = Rows(c, "out.sequences");
        Expect.Equal("rows", actual.Count, sequences.Count);
        var lengths = Ints(output.GetProperty("new_tokens"));
        Expect.Equal<int>("new_tokens", [.. actual.Select(s => s.Ids.Count)], lengths);
        Expect.Equal<string>("stop_reason", [.. actual.Select(s => s.Reason == StopReason.EndToken ? "eos" : "length")], [.. output.GetProperty("stop_reason").EnumerateArray().Select(r => r.GetString()!)]);
        var steps = sequences[0].Length - width;
        var tolerance = c.Family.Tolerance("logprobs_abs");
        for (var r = 0; r < actual.Count; r++)
        {
            Expect.Equal<int>($"row {r}", actual[r].Ids, sequences[r][width..(width + lengths[r])]);
            CompareLogProbs(c, "out.logprobs", r, actual[r].LogProbs, steps, tolerance);
            CompareLogProbs(c, "out.processed_logprobs", r, actual[r].ProcessedLogProbs!, steps, tolerance);
        }

        if (output.TryGetProperty("sequences_scores", out var scores))
        {
            Expect.Close("sequences_scores", actual.Select(s => s.Score!.Value).ToArray(), scores.EnumerateArray().Select(s => s.GetDouble()).ToArray(), c.Family.Tolerance("sequences_scores_abs"));
        }
    }

    private static void CompareLogProbs(GoldenCase c, string name, int row, IReadOnlyList<float> actual, int steps, double tolerance)
    {
        if (c.Tensors.Has(name))
        {
            var expected = c.Tensors.Doubles(name).AsSpan(row * steps, steps);
            Expect.Close($"{name} row {row}", [.. actual.Select(v => (double)v), .. new double[steps - actual.Count]], expected, tolerance);
        }
    }

    private static List<int[]> Prompts(GoldenCase c)
    {
        var masks = Rows(c, "in.attention_mask");
        return [.. Rows(c, "in.input_ids").Select((ids, r) => ids.Where((_, i) => masks[r][i] != 0).ToArray())];
    }

    private static List<int[]> Rows(GoldenCase c, string name) => [.. Array.ConvertAll(c.Tensors.Longs(name), v => (int)v).Chunk((int)c.Tensors.Shape(name)[1])];

    private static int[] Ints(JsonElement e) => [.. e.EnumerateArray().Select(v => v.GetInt32())];
}
