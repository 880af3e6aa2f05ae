using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data.Formats;

/// <summary>What became of a raw row: one or more rows of TRL's dataset types, or the reason it was dropped.</summary>
public sealed record RawResult(IReadOnlyList<JsonObject> Rows, string? Dropped)
{
    internal static RawResult Of(params IReadOnlyList<JsonObject> rows) => new(rows, null);

    internal static RawResult Drop(string reason) => new([], reason);
}

/// <summary>Choices that some formats leave to the user.</summary>
public sealed record RawFormatOptions
{
    /// <summary>UltraFeedback, unpaired: whose answers are taken.</summary>
    public string Model { get; init; } = "gpt-3.5-turbo";

    /// <summary>UltraFeedback, unpaired: the aspect whose rating decides.</summary>
    public string Aspect { get; init; } = "helpfulness";

    /// <summary>SHP: pairs whose scores are closer than this are dropped.</summary>
    public double MinScoreRatio { get; init; } = 2;
}

/// <summary>Converts rows of published data sets and other tools to TRL's dataset types.</summary>
public static class RawFormat
{
    private static readonly Dictionary<string, Func<JsonObject, RawFormatOptions, RawResult>> Converters = new(StringComparer.Ordinal)
    {
        ["alpaca"] = (r, _) => InstructionFormats.Alpaca(r),
        ["sharegpt"] = (r, _) => InstructionFormats.ShareGpt(r),
        ["openai_chat"] = (r, _) => OpenAiFormats.Chat(r),
        ["openai_preference"] = (r, _) => OpenAiFormats.Preference(r),
        ["hh_text"] = (r, _) => TranscriptFormats.HhText(r),
        ["hh_messages"] = (r, _) => TranscriptFormats.HhMessages(r),
        ["shp"] = (r, o) => TranscriptFormats.Shp(r, o.MinScoreRatio),
        ["tldr"] = (r, _) => TranscriptFormats.TlDr(r),
        ["ultrafeedback_unpaired"] = (r, o) => RankingFormats.UltraFeedbackUnpaired(r, o.Model, o.Aspect),
        ["ultrafeedback_pair"] = (r, _) => RankingFormats.UltraFeedbackPair(r),
        ["ultrafeedback_binarised"] = (r, _) => RankingFormats.UltraFeedbackBinarised(r),
        ["orca"] = (r, _) => RankingFormats.Orca(r),
        ["nectar_all"] = (r, _) => RankingFormats.Nectar(r),
        ["nemo"] = (r, _) => RankingFormats.Nemo(r),
        ["kto_unpaired"] = (r, _) => StepFormats.Unpaired(r),
        ["stepwise"] = (r, _) => StepFormats.Stepwise(r),
        ["prm800k"] = (r, _) => StepFormats.Prm800K(r),
    };

    public static IReadOnlyCollection<string> Names => Converters.Keys;

    /// <exception cref="ArgumentException">The format is not known, or the row lacks a field that the format must have.</exception>
    public static RawResult Convert(string format, JsonObject row, RawFormatOptions? options = null) =>
        Converters.TryGetValue(format, out var convert) ? convert(row, options ?? new()) : throw new ArgumentException($"Format {format} is not known; there are {string.Join(", ", Names)}.");

    internal static string Need(JsonNode? row, string field) => Optional(row, field) ?? throw new ArgumentException($"Field {field} is missing or not a text.");

    internal static string? Optional(JsonNode? row, string field) => row is JsonObject o && o[field] is JsonValue v && v.TryGetValue<string>(out var text) ? text : null;

    internal static JsonArray List(JsonNode? row, string field) => row is JsonObject o && o[field] is JsonArray list ? list : throw new ArgumentException($"Field {field} is missing or not a list.");

    internal static double Number(JsonNode? row, string field) => row is JsonObject o && o[field] is JsonValue v && v.TryGetValue<double>(out var n) ? n : throw new ArgumentException($"Field {field} is missing or not a number.");

    internal static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    internal static JsonArray Clone(IEnumerable<JsonNode?> nodes) => [.. nodes.Select(n => n?.DeepClone())];

    internal static JsonObject Pair(JsonNode prompt, JsonNode chosen, JsonNode rejected) => new() { ["prompt"] = prompt, ["chosen"] = chosen, ["rejected"] = rejected };

    internal static JsonObject Pair(JsonNode prompt, string chosen, string rejected) =>
        Pair(prompt, new JsonArray(Message("assistant", chosen)), new JsonArray(Message("assistant", rejected)));
}
