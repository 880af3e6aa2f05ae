using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Generation.LogitsProcessors;

namespace Alignment.Golden.Tests.Families;

/// <summary>F30: every processor alone, the chains that configurations build, stop strings and stopping rules.</summary>
internal sealed class F30LogitsProcessing : IGoldenCheck
{
    public string Family => "F30";

    public void Check(GoldenCase c)
    {
        foreach (var item in c.Json.GetProperty("cases").EnumerateArray())
        {
            if (item.TryGetProperty("processor", out _))
            {
                CheckProcessor(c, item);
            }
            else if (item.TryGetProperty("generation_config", out var config))
            {
                CheckChain(c, item, config);
            }
            else if (item.TryGetProperty("pieces_utf8_hex", out _))
            {
                CheckStopStrings(item);
            }
            else
            {
                CheckStopping(item);
            }
        }
    }

    private static void CheckProcessor(GoldenCase c, JsonElement item)
    {
        var name = item.GetProperty("name").GetString()!;
        var (scores, width) = Scores(c, "in.scores." + item.GetProperty("scores").GetString());
        var histories = Histories(c, "in.history." + item.GetProperty("history").GetString(), width);
        var a = item.GetProperty("arguments");
        for (var r = 0; r < histories.Count; r++)
        {
            var ignored = a.TryGetProperty("prompt_ignore_length", out var p) ? (p.ValueKind == JsonValueKind.Array ? p[r].GetInt32() : p.GetInt32()) : 0;
            var processor = Make(item.GetProperty("processor").GetString()!, a);
            Expect.Equal("class", processor.Name, item.GetProperty("processor").GetString()!);
            processor.Apply(new RowHistory(histories[r], ignored), scores.AsSpan(r * width, width));
        }

        Compare(c, name, scores, width, item);
    }

    private static void CheckChain(GoldenCase c, JsonElement item, JsonElement config)
    {
        var name = item.GetProperty("name").GetString()!;
        var prompt = c.Json.GetProperty("prompt_length").GetInt32();
        var options = GenerationOptions.FromJson(config, new() { EosTokenIds = [c.Json.GetProperty("eos_token_id").GetInt32()] });
        var pad = c.Json.GetProperty("pad_token_id").GetInt32();
        var chain = LogitsProcessorChain.Build(options, prompt);
        var order = item.GetProperty("order").EnumerateArray().Select(o => o.GetString()!).ToList();
        Expect.Equal<string>($"{name} order", [.. chain.Select(p => p.Name)], order);
        var (scores, width) = Scores(c, c.Tensors.Names.Single(n => n.StartsWith("in.scores", StringComparison.Ordinal)));
        var histories = Histories(c, c.Tensors.Names.Single(n => n.StartsWith("in.history", StringComparison.Ordinal)), width)
            .Select(h => Row(h, prompt, pad)).ToList();
        for (var i = 0; i < chain.Count; i++)
        {
            for (var r = 0; r < histories.Count; r++)
            {
                chain[i].Apply(histories[r], scores.AsSpan(r * width, width));
            }

            Compare(c, $"{name}.{i}", scores, width, i == chain.Count - 1 ? item : default);
        }

        CheckProbabilities(c, name, scores, width);
    }

    private static void CheckProbabilities(GoldenCase c, string name, float[] scores, int width)
    {
        if (!c.Tensors.Has($"out.{name}.probs"))
        {
            return;
        }

        var normalization = new LogitNormalization();
        for (var at = 0; at < scores.Length; at += width)
        {
            normalization.Apply(new([]), scores.AsSpan(at, width));
        }

        Expect.Close($"{name}.probs", Array.ConvertAll(scores, s => Math.Exp(s)), c.Tensors.Doubles($"out.{name}.probs"), c.Family.Tolerance("scores_abs"), c.Family.Tolerance("scores_rel"));
    }

    /// <summary>Padding first, then prompt, then what was generated.</summary>
    private static RowHistory Row(int[] ids, int prompt, int pad)
    {
        var history = new RowHistory(ids.Take(prompt).ToList(), ids.TakeWhile(i => i == pad).Count());
        foreach (var id in ids.Skip(prompt))
        {
            history.Add(id);
        }

        return history;
    }

    private static void Compare(GoldenCase c, string name, float[] scores, int width, JsonElement item)
    {
        var expected = c.Tensors.Doubles("out." + name);
        Expect.Close(name, Array.ConvertAll(scores, s => (double)s), expected, c.Family.Tolerance("scores_abs"), c.Family.Tolerance("scores_rel"));
        if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("kept", out var kept))
        {
            Expect.Equal<int>($"{name} kept", [.. scores.Chunk(width).Select(row => row.Count(float.IsFinite))], [.. kept.EnumerateArray().Select(k => k.GetInt32())]);
        }
    }

    private static (float[] Scores, int Width) Scores(GoldenCase c, string name) =>
        (Array.ConvertAll(c.Tensors.Doubles(name), d => (float)d), (int)c.Tensors.Shape(name)[1]);

    private static List<int[]> Histories(GoldenCase c, string name, int vocabulary)
    {
        var ids = Array.ConvertAll(c.Tensors.Longs(name), v => checked((int)v));
        Expect.Equal("ids inside the vocabulary", ids.All(i => i < vocabulary), true);
        return [.. ids.Chunk((int)c.Tensors.Shape(name)[1])];
    }

    private static ILogitsProcessor Make(string processor, JsonElement a)
    {
        int keep = a.TryGetProperty("min_tokens_to_keep", out var k) ? k.GetInt32() : 1;
        double Number(string key) => a.GetProperty(key).GetDouble();
        int Whole(string key) => a.GetProperty(key).GetInt32();
        IReadOnlyList<int> Ids(string key) => ToIds(a.GetProperty(key));
        return processor switch
        {
            "TemperatureLogitsWarper" => new TemperatureWarper(Number("temperature")),
            "TopKLogitsWarper" => new TopKWarper(Whole("top_k"), keep),
            "TopPLogitsWarper" => new TopPWarper(Number("top_p"), keep),
            "MinPLogitsWarper" => new MinPWarper(Number("min_p"), keep),
            "TypicalLogitsWarper" => new TypicalWarper(Number("mass"), keep),
            "EpsilonLogitsWarper" => new EpsilonWarper(Number("epsilon"), keep),
            "EtaLogitsWarper" => new EtaWarper(Number("epsilon"), keep),
            "RepetitionPenaltyLogitsProcessor" => new RepetitionPenalty(Number("penalty")),
            "NoRepeatNGramLogitsProcessor" => new NoRepeatNGram(Whole("ngram_size")),
            "SequenceBiasLogitsProcessor" => new SequenceBias([.. a.GetProperty("sequence_bias").EnumerateArray().Select(b => (ToIds(b[0]), b[1].GetDouble()))]),
            "NoBadWordsLogitsProcessor" => SequenceBias.BadWords([.. a.GetProperty("bad_words_ids").EnumerateArray().Select(ToIds)], Ids("eos_token_id")),
            "MinLengthLogitsProcessor" => new MinLength(Whole("min_length"), Ids("eos_token_id")),
            "MinNewTokensLengthLogitsProcessor" => new MinNewTokens(Whole("min_new_tokens"), Ids("eos_token_id"), Whole("prompt_length_to_skip")),
            "ForcedBOSTokenLogitsProcessor" => ForcedToken.Bos(Whole("bos_token_id")),
            "ForcedEOSTokenLogitsProcessor" => ForcedToken.Eos(Whole("max_length"), Ids("eos_token_id")),
            "SuppressTokensLogitsProcessor" => new SuppressTokens(Ids("suppress_tokens")),
            "SuppressTokensAtBeginLogitsProcessor" => new SuppressTokens(Ids("begin_suppress_tokens"), Whole("begin_index")),
            "ExponentialDecayLengthPenalty" => new ExponentialDecay(a.GetProperty("exponential_decay_length_penalty")[0].GetInt32(), a.GetProperty("exponential_decay_length_penalty")[1].GetDouble(), Ids("eos_token_id"), Whole("input_ids_seq_length")),
            "InfNanRemoveLogitsProcessor" => new InvalidValues(),
            "LogitNormalization" => new LogitNormalization(),
            _ => throw new UnsupportedCaseException($"processor {processor}"),
        };
    }

    private static IReadOnlyList<int> ToIds(JsonElement v) => v.ValueKind == JsonValueKind.Array ? [.. v.EnumerateArray().Select(i => i.GetInt32())] : [v.GetInt32()];

    private static void CheckStopStrings(JsonElement item)
    {
        var ids = item.GetProperty("input_ids").EnumerateArray().Select(i => i.GetInt32()).ToList();
        var pieces = item.GetProperty("pieces_utf8_hex").EnumerateArray().Select(p => Convert.FromHexString(p.GetString()!)).ToList();
        var bytes = ids.Zip(pieces).DistinctBy(p => p.First).ToDictionary(p => p.First, p => p.Second);
        var stops = new StopStrings(item.GetProperty("stop_strings").EnumerateArray().Select(s => s.GetString()!), id => bytes[id]);
        var stopped = Enumerable.Range(1, ids.Count).Select(n => stops.Match([.. ids.Take(n)]) is not null).ToList();
        Expect.Equal<bool>("stop_after_prefix", stopped, [.. item.GetProperty("stop_after_prefix").EnumerateArray().Select(b => b.GetBoolean())]);
        if (item.GetProperty("first_stop_length").ValueKind == JsonValueKind.Number)
        {
            Expect.Equal("first_stop_length", stopped.IndexOf(true) + 1, item.GetProperty("first_stop_length").GetInt32());
        }
    }

    private static void CheckStopping(JsonElement item)
    {
        var rows = item.GetProperty("input_ids").EnumerateArray().Select(ToIds).ToList();
        var stop = item.GetProperty("criterion").GetString() switch
        {
            "EosTokenCriteria" => rows.Select(r => StoppingRules.EndsWith(r, ToIds(item.GetProperty("eos_token_id")))).ToList(),
            "MaxLengthCriteria" => [.. rows.Select(r => StoppingRules.IsFull(r.Count, item.GetProperty("max_length").GetInt32()))],
            var other => throw new UnsupportedCaseException($"criterion {other}"),
        };
        Expect.Equal<bool>("stop", stop, [.. item.GetProperty("stop").EnumerateArray().Select(b => b.GetBoolean())]);
    }
}
