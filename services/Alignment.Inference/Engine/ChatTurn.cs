namespace Alignment.Inference.Engine;

/// <summary>One answer to be generated.</summary>
/// <param name="Model">Alias, checkpoint id or digest.</param>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="TopP">Nucleus mass, above 0 up to 1 (off).</param>
/// <param name="TopK">0 is off.</param>
/// <param name="MaxTokens">Most response tokens.</param>
/// <param name="Seed">The same seed on the same machine gives the same answer; null draws one.</param>
internal sealed record ChatTurn(string Model, IReadOnlyList<ChatLine> Messages, double Temperature, double TopP, int TopK, int MaxTokens, IReadOnlyList<string> Stop, long? Seed);

internal sealed record ChatLine(string Role, string Content);

/// <summary>A piece of the answer; the last one carries the reason and the counts.</summary>
/// <param name="FinishReason"><c>stop</c> or <c>length</c> on the last piece.</param>
internal sealed record ChatPiece(string Text, string? FinishReason = null, int PromptTokens = 0, int CompletionTokens = 0);
