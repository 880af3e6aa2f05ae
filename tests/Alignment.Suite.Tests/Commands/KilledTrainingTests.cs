using System.Collections.Concurrent;
using System.Text.Json;
using Alignment.Suite.Commands;

namespace Alignment.Suite.Tests.Commands;

/// <summary><c>align train</c> killed by the operating system in the middle and started again by the same command, for every method there is.</summary>
public sealed class KilledTrainingTests : IDisposable
{
    private static readonly string Base = Path.Combine(Repository.Root, "samples", "helpdesk", "base");
    private readonly string folder = Directory.CreateTempSubdirectory("killed-training").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // What a method keeps besides weights, optimiser, schedule, data cursor and generator: critics, controllers, running means, references that move.
    private static readonly (string Method, string[] Sets)[] More =
    [
        ("sft", ["tuning.method=dora", "packing=bfd", "optimizer=lion"]),
        ("meta", ["algorithm=reptile", "inner_steps=2"]),
        ("reward", ["loss=plackett_luce", "heads=3"]),
        ("reward", ["loss=davidson"]),
        ("reward", ["members=2", "combine=min"]),
        ("dpo", ["tuning.method=lora", "tuning.quantise=nf4_double"]),
        ("dpo", ["reference_sync_steps=3", "loss=bco_pair", "bco_delta=running"]),
        ("ppo", ["kl_target=1", "score_scaling=running", "ppo_epochs=2", "mini_batches=2", "tuning.method=lora", "tuning.quantise=nf4"]),
        ("grpo", ["beta=0.1", "reference_sync_steps=3", "iterations=2", "entropy_target=5"]),
        ("reinforce-pp", ["advantages=reinforce_pp_baseline"]),
    ];

    [Fact]
    public async Task EveryMethod_KilledBySignal9AndRepeated_EqualsTheUninterruptedRun()
    {
        WriteRows();
        var runs = TrainVerb.Methods().Select(m => (Method: m.Name, Sets: Array.Empty<string>())).Concat(More).ToList();
        var faults = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(runs.Index(), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken }, async (run, ct) =>
        {
            var (name, fault) = ($"{run.Index}-{run.Item.Method}", (string?)null);
            try
            {
                fault = await CompareAsync(run.Item.Method, run.Item.Sets, Path.Combine(folder, name), ct);
            }
            catch (TimeoutException e)
            {
                fault = e.Message;
            }

            if (fault is not null)
            {
                faults.Add($"{run.Item.Method} {string.Join(' ', run.Item.Sets)}: {fault}");
            }
        });
        Assert.Equal([], faults.Order());
    }

    /// <summary>What is not as it should be, or null.</summary>
    private async Task<string?> CompareAsync(string method, string[] more, string where, CancellationToken ct)
    {
        string[] words = ["train", method, .. Keys(method, more).SelectMany(k => new[] { "--set", k }), "--out"];
        using var straight = TrainingProcess.Start([.. words, Path.Combine(where, "straight")]);
        if (await straight.EndAsync(ct) is not 0 and var code)
        {
            return $"exit code {code}: {straight.Said}";
        }

        var killed = Path.Combine(where, "killed");
        if (!await KillAfterFirstSaveAsync([.. words, killed], killed, ct))
        {
            return "it ended before it could be killed";
        }

        if (File.Exists(Path.Combine(killed, "model.safetensors")))
        {
            return "the killed run left a checkpoint";
        }

        using var again = TrainingProcess.Start([.. words, killed]);
        if (await again.EndAsync(ct) is not 0 and var second)
        {
            return $"exit code {second} when resumed: {again.Said}";
        }

        return again.Said.Contains("resumed after step", StringComparison.Ordinal) ? Difference(Path.Combine(where, "straight"), killed) : $"it did not resume: {again.Said}";
    }

    /// <summary>A machine that is busy elsewhere may let a run end between two looks: then once more, from the start.</summary>
    private static async Task<bool> KillAfterFirstSaveAsync(string[] words, string output, CancellationToken ct)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            using var victim = TrainingProcess.Start(words);
            if (await victim.KillWhenAsync(() => File.Exists(Path.Combine(output, "state", "training-state.safetensors")), ct))
            {
                return true;
            }

            Directory.Delete(output, recursive: true);
        }

        return false;
    }

    /// <summary>Checkpoint, critic, and the state with optimiser, generator and whatever else the method keeps, byte for byte.</summary>
    private static string? Difference(string straight, string killed)
    {
        var files = Directory.EnumerateFiles(straight, "*.safetensors", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(straight, f)).Order(StringComparer.Ordinal).ToList();
        var other = files.Where(f => !File.Exists(Path.Combine(killed, f)) || !File.ReadAllBytes(Path.Combine(straight, f)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(killed, f)))).ToList();
        return !files.Exists(f => f.EndsWith("training-state.safetensors", StringComparison.Ordinal)) ? "no state was kept" : other.Count == 0 ? null : $"not bit for bit: {string.Join(", ", other)}";
    }

    private IEnumerable<string> Keys(string method, string[] more)
    {
        var known = Alignment.ModelCore.Configuration.OptionKey.Of(TrainVerb.Methods().First(m => m.Name == method).Defaults.GetType()).Select(k => k.Name).ToHashSet(StringComparer.Ordinal);
        var data = more.Contains("loss=plackett_luce") ? "ranking" : method is "prm" or "sft" or "meta" or "pretrain" ? method : "pairs";
        (string Key, string Value)[] all =
        [
            ("data", $"{folder}/{data}.jsonl"), ("max_steps", "8"), ("batch_size", "4"), ("learning_rate", "1e-4"), ("log_every", "1"), ("save_every", "2"), ("threads", "1"), ("max_length", "96"),
            ("max_new_tokens", "8"), ("reward.sources", "length:2..30"), ("samples_per_prompt", "2"), ("long_answers", "keep"), ("drop_equal", "false"),
            ("unseen", "[a]"), ("shots", "[0]"), ("queries", "2"), ("seeds", "1"), ("baseline", "false"),
        ];
        string[] made = method == "pretrain" ? ["vocab_size=300", "hidden_size=32", "heads=4", "layers=1"] : [$"model={Base}"];
        return [.. made, .. all.Where(a => known.Contains(a.Key)).Select(a => $"{a.Key}={a.Value}"), .. more];
    }

    private void WriteRows()
    {
        void Write(string name, Func<int, object> row) => File.WriteAllLines(Path.Combine(folder, name + ".jsonl"), Enumerable.Range(0, 24).Select(i => JsonSerializer.Serialize(row(i))));
        string Ask(int i) => $"How do I pay for order {i}?";
        string Good(int i) => $"Good day! Open Wallet and choose Pay {i}.";
        Write("pairs", i => new { prompt = Ask(i), chosen = Good(i), rejected = $"No idea {i}." });
        Write("ranking", i => new { prompt = Ask(i), responses = new[] { Good(i), $"Wallet {i}.", "No." }, ranks = new[] { 1, 2, 3 } });
        Write("prm", i => new { prompt = Ask(i), completions = new[] { Good(i), "Then wait." }, labels = new[] { true, i % 2 == 0 } });
        Write("sft", i => new { prompt = Ask(i), completion = Good(i) });
        Write("meta", i => new { prompt = Ask(i), completion = Good(i), task = "abc"[i % 3].ToString() });
        Write("pretrain", i => new { text = $"{Ask(i)} {Good(i)}" });
    }
}
