using System.Text.Json;
using Alignment.PreferenceStore.Projects;
using Alignment.PreferenceStore.Prompts;
using Alignment.PreferenceStore.Tasks;

namespace Alignment.Feedback.Projects;

/// <summary>What prompts and candidates must look like.</summary>
internal static class CandidateRules
{
    public const int PromptsPerCall = 500;
    private const int TextLimit = 30_000;

    public static void Prompt(Faults faults, JsonElement prompt, string field)
    {
        try
        {
            var turns = PromptContent.Turns(prompt.ValueKind == JsonValueKind.Undefined ? "null" : prompt.GetRawText());
            faults.Check(turns.Count is > 0 and <= 50 && turns.All(t => t.Content.Length <= TextLimit) && turns.Any(t => !string.IsNullOrWhiteSpace(t.Content)),
                field, $"Give 1 to 50 turns, not all empty, of at most {TextLimit} characters.");
        }
        catch (FormatException fault)
        {
            faults.Check(false, field, fault.Message);
        }
    }

    public static void Candidates(Faults faults, Project project, IReadOnlyList<CandidateInput>? candidates, string field)
    {
        faults.Check(candidates?.Count == project.CandidatesPerTask, field, $"Give {project.CandidatesPerTask} candidates, as the project says (candidatesPerTask); {candidates?.Count ?? 0} were sent.");
        foreach (var (candidate, i) in (candidates ?? []).Select((c, i) => (c, i)))
        {
            faults.Text(candidate.Text, $"{field}[{i}].text", TextLimit)
                .Text(candidate.Checkpoint, $"{field}[{i}].checkpoint", 200, required: false)
                .Check(candidate.Sampling is null or { ValueKind: JsonValueKind.Object or JsonValueKind.Null }, $"{field}[{i}].sampling", "Give a JSON object with the sampling settings.");
        }
    }

    public static IReadOnlyList<NewCandidate> ToCandidates(IReadOnlyList<CandidateInput> candidates) =>
        [.. candidates.Select(c => new NewCandidate(c.Text!, c.Checkpoint ?? "", c.Sampling is { ValueKind: JsonValueKind.Object } s ? s.GetRawText() : "{}", c.Seed))];
}
