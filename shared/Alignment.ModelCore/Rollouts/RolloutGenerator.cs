using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;

namespace Alignment.ModelCore.Rollouts;

/// <summary>
/// Samples responses from the policy as it is now: prompts padded on the left, several responses a prompt from one prefill, keys and values cached.
/// Every response draws from a stream of its own that depends on (seed, batch number, row, sample) alone, so that neither resuming nor what else is
/// in the batch changes it.
/// </summary>
/// <param name="prompts">The run's prompts as ids.</param>
/// <param name="bytesOf">Bytes of each token; needed for stop strings only.</param>
/// <param name="mixture">A second model with a say in every token; the recorded log-probabilities are then the mixture's.</param>
public sealed class RolloutGenerator(
    CausalModel policy, IReadOnlyList<int[]> prompts, SamplingOptions options, Func<int, ReadOnlyMemory<byte>>? bytesOf = null, LogitsMixture? mixture = null) : IRolloutSource
{
    private readonly SequenceGenerator generator = new(policy, bytesOf, mixture);

    public IReadOnlyList<Trajectory> Sample(int batch, IReadOnlyList<int> rows, long weightVersion, CancellationToken cancellation)
    {
        var trajectories = new Trajectory[rows.Count * options.SamplesPerPrompt];

        // Prompts of like length share a call, so that little is padded; results go back to the order asked.
        var byLength = Enumerable.Range(0, rows.Count).OrderBy(i => prompts[rows[i]].Length);
        foreach (var call in byLength.Chunk(Math.Max(1, options.Sequences / options.SamplesPerPrompt)))
        {
            var settings = Settings([.. call.Select(i => SeedOf(batch, rows[i]))]);
            foreach (var g in generator.Generate([.. call.Select(i => prompts[rows[i]])], settings, cancellationToken: cancellation))
            {
                var at = call[g.Prompt];
                trajectories[(at * options.SamplesPerPrompt) + g.Index] = new(rows[at], g.Index, prompts[rows[at]], [.. g.Ids])
                {
                    SamplingLogProbs = [.. (g.ProcessedLogProbs ?? g.LogProbs).Select(x => (double)x)], WeightVersion = weightVersion, Ended = g.Reason != StopReason.Length,
                };
            }
        }

        return trajectories;
    }

    private GenerationOptions Settings(ulong[] seeds) => new()
    {
        MaxNewTokens = options.MaxNewTokens, MinNewTokens = options.MinNewTokens, Sample = true, Temperature = options.Temperature, TopK = options.TopK, TopP = options.TopP, MinP = options.MinP,
        Sequences = options.SamplesPerPrompt, EosTokenIds = options.EndTokenIds, StopStrings = options.StopStrings, PromptSeeds = seeds,
        ProcessedLogProbs = options.Temperature != 1 || options.TopK > 0 || options.TopP < 1 || options.MinP > 0,
    };

    private ulong SeedOf(int batch, int row) => RandomStream.For((ulong)options.Seed, [batch, row], 0, 0).Next();
}
