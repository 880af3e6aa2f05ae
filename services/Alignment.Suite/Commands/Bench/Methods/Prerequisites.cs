using System.Security.Cryptography;
using System.Text;
using Alignment.Suite.Demo.Annotators;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>What every method stands on: starting point, judgements, reward model. Made once; settings and data decide whether what lies there still serves.</summary>
internal sealed class Prerequisites(BenchPaths paths, bool quick, Action<string> say)
{
    private const int Seed = 1, Candidates = 8;

    private static readonly string[] Sft =
        ["learning_rate=0.002", "schedule=cosine", "warmup_steps=10", "adam_beta2=0.98", "batch_size=16", "max_length=192", "threads=1"];

    private static readonly string[] RewardModel =
        ["learning_rate=0.0005", "batch_size=16", "max_length=192", "threads=1", "center_rewards_coefficient=0.01"];

    public void Make(CancellationToken cancellation)
    {
        string[] start = ["epochs=1", .. Sft], reward = [$"epochs={(quick ? 1 : 2)}", .. RewardModel];
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"2 {Seed} {Candidates} {string.Join(' ', start)} | {string.Join(' ', reward)} | {Digest("sft.jsonl", "prompts.jsonl", "rubric.json", "base/model.safetensors")}")));
        var mark = Path.Combine(paths.Work, "made");
        if (File.Exists(mark) && File.ReadAllText(mark) == key)
        {
            return;
        }

        if (Directory.Exists(paths.Work))
        {
            Directory.Delete(paths.Work, recursive: true);
        }

        Directory.CreateDirectory(paths.Work);
        say("starting point: the sample's base model learns the archive");
        Train("sft", paths.Start, cancellation, [$"model={Path.Combine(BenchPaths.Sample, "base")}", $"data={Path.Combine(BenchPaths.Sample, "sft.jsonl")}", .. start]);
        say("judgements: simulated annotators rank its answers");
        var pairs = JudgedAnswers.Make(paths.Start, paths.Pairs, new SimulatedAnnotatorSettings(), Candidates, Seed, cancellation);
        say($"proxy: a reward model learns {pairs} pairs");
        Train("reward", paths.Reward, cancellation, [$"model={paths.Start}", $"data={paths.Pairs}", .. reward]);
        File.WriteAllText(mark, key);
    }

    private static void Train(string method, string output, CancellationToken cancellation, params IEnumerable<string> settings) =>
        ChildProcess.Run(["train", method, .. settings.SelectMany(s => new[] { "--set", s }), "--set", $"seed={Seed}", "--out", output], cancellation);

    private static string Digest(params IEnumerable<string> files) =>
        string.Concat(files.Select(f => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(BenchPaths.Sample, f))))));
}
