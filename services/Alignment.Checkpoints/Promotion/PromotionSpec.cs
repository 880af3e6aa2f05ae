namespace Alignment.Checkpoints.Promotion;

/// <summary>What a <c>checkpoints.promote</c> job reads.</summary>
/// <param name="Checkpoint">Digest of the policy to serve.</param>
/// <param name="Alias">Name that applications ask for.</param>
/// <param name="Evaluation">Job whose gate passed.</param>
internal sealed record PromotionSpec(string Checkpoint, string Alias, string? Evaluation);
