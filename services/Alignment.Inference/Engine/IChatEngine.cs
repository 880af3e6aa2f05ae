namespace Alignment.Inference.Engine;

/// <summary>Generates answers, one turn at a time on the engine's own thread.</summary>
internal interface IChatEngine
{
    IAsyncEnumerable<ChatPiece> AnswerAsync(ChatTurn turn, CancellationToken ct);
}
