using Alignment.Suite.Commands;

namespace Alignment.Suite.Demo.Running;

/// <summary>Where the demo reads and writes.</summary>
/// <param name="Sample">samples/helpdesk.</param>
/// <param name="Data">Database, artifacts and report.</param>
internal sealed record DemoPaths(string Sample, string Data)
{
    public static DemoPaths In(string data) => new(Path.Combine(Repository.Root, "samples", "helpdesk"), Path.GetFullPath(data));

    public string BaseModel => Path.Combine(Sample, "base");

    public string SftFile => Path.Combine(Sample, "sft.jsonl");

    public string PromptsFile => Path.Combine(Sample, "prompts.jsonl");

    public string RubricFile => Path.Combine(Sample, "rubric.json");

    public string SettingsFile => Path.Combine(Sample, "cycle.json");
}
