using Alignment.Text.Rubrics;

namespace Alignment.Suite.Demo;

/// <summary>The help desk's values: the rubric with the prompts it knows the right answers to.</summary>
internal sealed class HelpdeskRubric
{
    private readonly Dictionary<string, RubricPrompt> byText;

    private HelpdeskRubric(Rubric rubric, IReadOnlyList<RubricPrompt> prompts, IReadOnlyList<RubricPrompt> heldOut)
    {
        (Rubric, Prompts, HeldOut) = (rubric, prompts, heldOut);
        byText = prompts.Concat(heldOut).DistinctBy(p => p.Text).ToDictionary(p => p.Text, StringComparer.Ordinal);
    }

    public Rubric Rubric { get; }

    public IReadOnlyList<RubricPrompt> Prompts { get; }

    public IReadOnlyList<RubricPrompt> HeldOut { get; }

    /// <summary>Reads <c>rubric.json</c>, <c>prompts.jsonl</c> and <c>heldout.jsonl</c> of <c>samples/helpdesk</c>.</summary>
    public static HelpdeskRubric Load(string folder) => new(
        Rubric.Load(Path.Combine(folder, "rubric.json")),
        RubricPrompt.ReadAll(Path.Combine(folder, "prompts.jsonl")),
        RubricPrompt.ReadAll(Path.Combine(folder, "heldout.jsonl")));

    public RubricScore Score(RubricPrompt prompt, string answer) => Rubric.Score(prompt.Question, answer);

    /// <summary>The prompt with this text, or null: a person's own prompt, say.</summary>
    public RubricPrompt? Find(string text) => byText.GetValueOrDefault(text);
}
