using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.BestOfN;

/// <summary>
/// Every prompt's n answers with their scores, kept in <c>answers-*.jsonl</c> of the state folder as they come: a reward source that
/// fails, or a kill, costs the prompts in hand. Answers depend on seed, prompt and number alone, so that going on changes none.
/// </summary>
internal static class AnswerPool
{
    // How an endpoint is asked changes no score.
    private static readonly HashSet<string> Delivery = ["reward.timeout", "reward.retries", "reward.retry_delay", "reward.request_size", "reward.judge_key_variable"];

    /// <param name="identity">Of what answers and scores depend on; another identity starts another file.</param>
    public static IReadOnlyList<ScoredAnswer[]> FindOrMake(string folder, JsonObject identity, int prompts, BestOfNOptions options, IRolloutSource rollouts, ResponseScorer scorer, IMetricsSink metrics, CancellationToken cancellation)
    {
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity.ToJsonString())))[..16];
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, $"answers-{key}.jsonl");
        var pool = Read(path, options.SamplesPerPrompt);
        if (pool.Count < prompts)
        {
            metrics.Event(new(0, "sampling", pool.Count == 0 ? $"sampling {options.SamplesPerPrompt} answers to each of {prompts} prompts" : $"sampling goes on with prompt {pool.Count + 1} of {prompts}"));
        }

        Keep(path, pool);
        foreach (var rows in Enumerable.Range(0, prompts).Where(p => !pool.ContainsKey(p)).Chunk(Math.Max(1, options.RolloutBatchSize / options.SamplesPerPrompt)))
        {
            cancellation.ThrowIfCancellationRequested();
            var trajectories = rollouts.Sample(0, rows, 0, cancellation);
            var scores = scorer.Score(trajectories, cancellation).Sums();
            var answers = trajectories.Select((t, i) => new ScoredAnswer(t.Row, t.Sample, t.Response, t.Ended, t.Ended ? scores[i] : scores[i] - options.MissingEosPenalty)).ToList();
            File.AppendAllText(path, string.Concat(answers.Select(a => a.ToJson() + "\n")));
            foreach (var group in answers.GroupBy(a => a.Row))
            {
                pool[group.Key] = [.. group];
            }
        }

        return [.. Enumerable.Range(0, prompts).Select(p => pool[p])];
    }

    /// <summary>What answers and scores depend on.</summary>
    public static JsonObject Identity(BestOfNOptions options, string dataDigest, string modelDigest)
    {
        var settings = OptionBinder.Describe(options);
        return new()
        {
            ["data"] = dataDigest, ["model"] = modelDigest,
            ["options"] = new JsonObject(settings.Where(k => k.Key is "seed" or "samples_per_prompt" or "max_new_tokens" or "min_new_tokens" or "temperature" or "top_k" or "top_p" or "min_p" or "stop_strings" or "missing_eos_penalty"
                || (k.Key.StartsWith("reward.", StringComparison.Ordinal) && !Delivery.Contains(k.Key)) || k.Key == "reward_weights").Select(k => KeyValuePair.Create(k.Key, k.Value?.DeepClone()))),
        };
    }

    // Without what a kill left torn; written aside, so that another kill loses nothing.
    private static void Keep(string path, SortedDictionary<int, ScoredAnswer[]> pool)
    {
        if (pool.Count == 0)
        {
            File.Delete(path);
            return;
        }

        var aside = path + ".new";
        File.WriteAllLines(aside, pool.Values.SelectMany(a => a).Select(a => a.ToJson()));
        File.Move(aside, path, overwrite: true);
    }

    private static SortedDictionary<int, ScoredAnswer[]> Read(string path, int samples) => new(!File.Exists(path) ? [] :
        File.ReadLines(path).Select(ScoredAnswer.Parse).OfType<ScoredAnswer>().GroupBy(a => a.Row).Where(g => g.Count() == samples).ToDictionary(g => g.Key, g => g.OrderBy(a => a.Sample).ToArray()));
}
