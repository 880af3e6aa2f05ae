using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.Suite.Commands;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Tests.Commands;

/// <summary>What supervised fine-tuning and reward models report is in docs/metrics.md; the policy methods have the same test beside them.</summary>
public sealed partial class MetricGlossaryTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("glossary").FullName;

    public MetricGlossaryTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Metrics_OfSupervisedFineTuning_AreInTheGlossary() => Check(new TrainSft(), """{"messages": [{"role": "user", "content": "Pay?"}, {"role": "assistant", "content": "Open Wallet {0}."}]}""");

    [Fact]
    public void Metrics_OfARewardModel_AreInTheGlossary() => Check(new TrainReward(), """{"prompt": "Pay?", "chosen": "Open Wallet {0}.", "rejected": "No idea {0}."}""");

    private void Check(ITrainMethod method, string row)
    {
        var data = Path.Combine(folder, "data.jsonl");
        File.WriteAllLines(data, Enumerable.Range(0, 4).Select(i => row.Replace("{0}", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));
        var metrics = new MemoryMetrics();
        method.Prepare(new JsonObject
        {
            ["model"] = Path.Combine(Repository.Root, "samples", "helpdesk", "base"), ["data"] = data, ["max_steps"] = 1, ["batch_size"] = 4, ["log_every"] = 1, ["threads"] = 1, ["max_length"] = 64,
        })(TrainingFolders.In(Path.Combine(folder, "run")), metrics, CancellationToken.None);
        var known = File.ReadLines(Path.Combine(Repository.Root, "docs", "metrics.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => Quoted().Matches(l.Split('|')[1]).Select(m => m.Groups[1].Value)).ToHashSet();
        Assert.Equal([], metrics.Steps[0].Values.Keys.Where(k => !known.Contains(k)).Order());
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
