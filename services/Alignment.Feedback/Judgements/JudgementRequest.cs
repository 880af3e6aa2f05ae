namespace Alignment.Feedback.Judgements;

/// <param name="Ranking">Groups of labels, best first; labels in one group are a tie: <c>[["B"],["A","C"]]</c>.</param>
/// <param name="IdempotencyKey">Chosen once for each submission; the header <c>Idempotency-Key</c> does as well.</param>
/// <param name="Supersedes">The id of the annotator's own judgement that this one corrects.</param>
internal sealed record JudgementRequest(string? Annotator, string? Lease, IReadOnlyList<IReadOnlyList<string>>? Ranking, string? IdempotencyKey, string? Comment, bool NoneAcceptable = false,
    long ActiveMs = 0, string? Supersedes = null)
{
    public Faults Faults(string? key) => new Faults()
        .Text(Annotator, "annotator", 80)
        .Text(Lease, "lease", 64)
        .Check(Ranking is { Count: > 0 } && Ranking.All(g => g is not null && g.All(l => l is { Length: 1 })), "ranking", "Give groups of labels, best first, for example [[\"B\"],[\"A\",\"C\"]].")
        .Check(key is { Length: > 0 and <= 255 } && key.All(c => c is > ' ' and <= '~'), "idempotencyKey", "Give 1 to 255 printable characters, new for each submission and the same when it is retried.")
        .Text(Comment, "comment", 2000, required: false)
        .Range(ActiveMs, "activeMs", 0, 86_400_000);
}
