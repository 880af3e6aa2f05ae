using Alignment.Suite.Commands;

namespace Alignment.Suite.Demo.Running;

/// <summary>Where the demo reads and writes.</summary>
/// <param name="Sample">samples/helpdesk.</param>
/// <param name="Data">Database, artifacts and report.</param>
/// <param name="SettingsFile">Settings of the cycle.</param>
internal sealed record DemoPaths(string Sample, string Data, string SettingsFile)
{
    public static DemoPaths In(string data, string? settings)
    {
        var sample = Path.Combine(Repository.Root, "samples", "helpdesk");
        return new(sample, Path.GetFullPath(data), settings ?? Path.Combine(sample, "cycle.json"));
    }

    public string BaseModel => Path.Combine(Sample, "base");

    public string SftFile => Path.Combine(Sample, "sft.jsonl");

    public string PromptsFile => Path.Combine(Sample, "prompts.jsonl");

    public string RubricFile => Path.Combine(Sample, "rubric.json");
}
