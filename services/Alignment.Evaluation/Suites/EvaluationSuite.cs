using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Jobs;

namespace Alignment.Evaluation.Suites;

/// <summary>One held-out prompt: the conversation so far and what its rubric needs to know.</summary>
internal sealed record HeldOutPrompt(string Id, JsonArray Messages, string Language, IReadOnlyList<string> Facts);

/// <summary>What a candidate is measured on: held-out prompts, general text and the house's rubric, frozen as one artifact.</summary>
internal sealed record EvaluationSuite(IReadOnlyList<HeldOutPrompt> Prompts, string GeneralTextFile, string RubricFile)
{
    public const string PromptsFile = "heldout.jsonl", GeneralFile = "general.jsonl", RubricName = "rubric.json";

    public static EvaluationSuite Read(string folder)
    {
        foreach (var file in new[] { PromptsFile, GeneralFile, RubricName }.Where(f => !File.Exists(Path.Combine(folder, f))))
        {
            throw new JobFailedException("bad_suite", $"suite: {folder} has no {file}.");
        }

        var prompts = File.ReadLines(Path.Combine(folder, PromptsFile)).Select((line, i) => (Line: line, Number: i + 1)).Where(l => l.Line.Length > 0).Select(l => Prompt(l.Line, l.Number)).ToList();
        return prompts.Count > 0
            ? new(prompts, Path.Combine(folder, GeneralFile), Path.Combine(folder, RubricName))
            : throw new JobFailedException("bad_suite", $"suite: {PromptsFile} has no prompt.");
    }

    private static HeldOutPrompt Prompt(string line, int number)
    {
        try
        {
            var row = JsonNode.Parse(line)!.AsObject();
            var messages = row["prompt"] is JsonArray turns ? turns.DeepClone().AsArray() : new JsonArray(new JsonObject { ["role"] = "user", ["content"] = row["prompt"]!.GetValue<string>() });
            return new(row["id"]?.GetValue<string>() ?? $"line {number}", messages, row["language"]?.GetValue<string>() ?? "en",
                row["facts"] is JsonArray facts ? [.. facts.Select(f => f!.GetValue<string>())] : []);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new JobFailedException("bad_suite", $"suite: {PromptsFile} line {number}: {e.Message} A line is {{\"prompt\": text or messages, \"language\"?, \"facts\"?}}.");
        }
    }
}
