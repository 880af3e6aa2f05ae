using Alignment.ModelCore.Checkpointing;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>Identifies the starting checkpoints of a run: policy, reference, reward models.</summary>
internal static class OnlineDigest
{
    public static string Of(OnlineOptions options, params IEnumerable<string> more) => string.Join(':', new[] { options.Model, options.Reference }.Concat(options.RewardModels).Concat(more).Where(f => f.Length > 0).Select(FolderDigest.OfModel));
}
