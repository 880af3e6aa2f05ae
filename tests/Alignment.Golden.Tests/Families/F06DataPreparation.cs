using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Data.Preparation;
using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.Golden.Tests.Families;

/// <summary>Data preparation: TRL's row functions, its trainers' preparation, and other raw formats.</summary>
public sealed class F06DataPreparation : IGoldenCheck
{
    public string Family => "F06";

    public void Check(GoldenCase c)
    {
        var json = JsonNode.Parse(c.Json.GetRawText())!;
        if (json["prepared"] is JsonArray runs)
        {
            foreach (var run in runs)
            {
                Prepare(c, (JsonObject)run!, (JsonObject)json["inputs"]!);
            }
        }
        else if (json["rules"] is not null)
        {
            F06Formats.Check((JsonArray)json["rows"]!);
        }
        else
        {
            foreach (var row in (JsonArray)json["rows"]!)
            {
                Function(c, (JsonObject)row!);
            }
        }
    }

    private static void Function(GoldenCase c, JsonObject row)
    {
        var name = row["function"]!.GetValue<string>();
        var what = $"{name} {row["template"]} {row["in"]!.ToJsonString()}";
        JsonNode? Run()
        {
            var input = (JsonObject)row["in"]!;
            return name switch
            {
                "is_conversational" => RowFunctions.IsConversational(input),
                "is_conversational_from_value" => RowFunctions.IsFromValue(input),
                "maybe_convert_to_chatml" => RowFunctions.ToMessages(input),
                "extract_prompt" => RowFunctions.ExtractPrompt(input),
                "maybe_extract_prompt" => RowFunctions.MaybeExtractPrompt(input),
                "maybe_apply_chat_template" => Chat(c, row["tokenizer"]!.GetValue<string>(), row["template"]!.GetValue<string>()).Apply(input),
                "unpair_preference_dataset" => new JsonArray([.. RowFunctions.Unpair(Rows(input), row["map_batch_size"]!.GetValue<int>())]),
                _ => throw new UnsupportedCaseException("data function " + name),
            };
        }

        if (row.ContainsKey("error"))
        {
            MustRefuse(what, () => Run());
        }
        else
        {
            Same(what, Try(what, Run), row["out"]);
        }
    }

    // Columns to rows.
    private static List<JsonObject> Rows(JsonObject columns)
    {
        var n = ((JsonArray)columns.First().Value!).Count;
        return [.. Enumerable.Range(0, n).Select(i => new JsonObject(columns.Select(p => KeyValuePair.Create(p.Key, ((JsonArray)p.Value!)[i]?.DeepClone()))))];
    }

    private static void Prepare(GoldenCase c, JsonObject run, JsonObject inputs)
    {
        var o = (JsonObject)run["options"]!;
        var what = $"{run["trainer"]} {run["tokenizer"]} {run["chat_template"]} {run["input"]} {o.ToJsonString()}";
        foreach (var (option, _) in o)
        {
            if (option is not ("max_length" or "truncation_mode" or "completion_only_loss" or "assistant_only_loss" or "packing" or "packing_strategy" or "batch_size" or "calculate_kl"))
            {
                throw new UnsupportedCaseException("preparation option " + option);
            }
        }

        var tokenizer = Tokenizer.Load(Path.Combine(Sibling(c, "F04"), run["tokenizer"]!.GetValue<string>()));
        var tokens = new RowTokenizer(tokenizer, Chat(c, run["tokenizer"]!.GetValue<string>(), run["chat_template"]!.GetValue<string>()));
        var preparation = new DatasetPreparation(tokens, new()
        {
            MaxLength = o["max_length"]?.GetValue<int>(),
            KeepEnd = o["truncation_mode"]?.GetValue<string>() == "keep_end",
            CompletionOnly = o["completion_only_loss"]?.GetValue<bool>() ?? true,
            AssistantOnly = o["assistant_only_loss"]?.GetValue<bool>() ?? false,
            Packing = o["packing"]?.GetValue<bool>() == true ? Strategy(o["packing_strategy"]?.GetValue<string>() ?? "bfd") : null,
            KlBatch = o["calculate_kl"]?.GetValue<bool>() == false ? null : o["batch_size"]?.GetValue<int>() ?? 2,
        });
        List<JsonObject> raw = [.. ((JsonArray)inputs[run["input"]!.GetValue<string>()]!).Select(r => (JsonObject)r!.DeepClone())];
        int[] index = [.. raw.Select(r => r["index"]!.GetValue<int>())];
        raw.ForEach(r => r.Remove("index"));
        JsonArray Run() => run["trainer"]!.GetValue<string>() switch
        {
            "sft" => [.. preparation.Sft(raw).Select(p => Row(p.Source, ("input_ids", p.Row.InputIds), ("labels", p.Row.Labels), ("seq_lengths", p.Row.DocumentLengths)))],
            "dpo" => [.. preparation.Preference(raw).Select(p => Row(p.Source, ("prompt_ids", p.Row.PromptIds), ("chosen_ids", p.Row.ChosenIds), ("rejected_ids", p.Row.RejectedIds)))],
            "kto" => [.. preparation.Unpaired(raw).Select(p => With(Row(p.Source, ("prompt_ids", p.Row.PromptIds), ("completion_ids", p.Row.CompletionIds), ("KL_completion_ids", p.Row.KlCompletionIds)), "label", p.Row.Label))],
            "reward" => [.. preparation.Reward(raw).Select(p => With(Row(p.Source, ("chosen_ids", p.Row.ChosenIds), ("rejected_ids", p.Row.RejectedIds)), "margin", p.Row.Margin))],
            var t => throw new UnsupportedCaseException("preparation for " + t),
        };

        if (run.ContainsKey("error"))
        {
            MustRefuse(what, () => Run());
            return;
        }

        var actual = Try(what, Run);
        var expected = (JsonArray)run["out"]!;
        Expect.Equal($"{what} rows", actual.Count, expected.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            if (actual[i]!["index"] is { } source)
            {
                actual[i]!["index"] = index[source.GetValue<int>()];
            }

            Same($"{what} row {i}", actual[i], expected[i]);
        }
    }

    private static T Try<T>(string what, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is ArgumentException or TemplateException)
        {
            throw new GoldenMismatchException($"{what}: {e.Message}");
        }
    }

    private static JsonNode Row(int source, params (string Name, int[]? Ids)[] columns)
    {
        var row = new JsonObject();
        if (source >= 0)
        {
            row["index"] = source;
        }

        foreach (var (name, ids) in columns.Where(x => x.Ids is not null))
        {
            row[name] = new JsonArray([.. ids!.Select(i => (JsonNode)i)]);
        }

        return row;
    }

    private static JsonNode With(JsonNode row, string name, JsonNode? value)
    {
        if (value is not null)
        {
            row[name] = value;
        }

        return row;
    }

    private static PackingStrategy Strategy(string name) => name switch
    {
        "bfd" => PackingStrategy.BestFitDecreasing,
        "bfd_split" => PackingStrategy.BestFitDecreasingSplit,
        "wrapped" => PackingStrategy.Wrapped,
        _ => throw new UnsupportedCaseException("packing strategy " + name),
    };

    private static ChatTexts Chat(GoldenCase c, string tokenizer, string template)
    {
        var all = JsonNode.Parse(File.ReadAllText(Path.Combine(Sibling(c, "F05"), "templates.json")))!;
        var text = all["templates"] is JsonArray list ? list.Single(t => t!["name"]!.GetValue<string>() == template)!["template"]! : all["templates"]![template]!;
        var source = text is JsonObject o ? (o["template"] ?? o["source"])!.GetValue<string>() : text.GetValue<string>();
        return new(ChatTemplate.Parse(source), ChatTexts.SpecialTokens(Tokenizer.Load(Path.Combine(Sibling(c, "F04"), tokenizer)).Settings));
    }

    internal static string Sibling(GoldenCase c, string family) => Directory.GetDirectories(c.Family.Root, family + "*").Single();

    internal static void Same(string what, JsonNode? actual, JsonNode? expected)
    {
        if (!JsonNode.DeepEquals(actual, expected))
        {
            throw new GoldenMismatchException($"{what}: {actual?.ToJsonString()}, expected {expected?.ToJsonString()}.");
        }
    }

    internal static void MustRefuse(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is ArgumentException or TemplateException)
        {
            return;
        }

        throw new GoldenMismatchException($"{what}: must be refused.");
    }
}
