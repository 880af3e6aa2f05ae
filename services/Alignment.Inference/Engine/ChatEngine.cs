using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Alignment.Inference.Chat;
using Alignment.ModelCore.Generation;

namespace Alignment.Inference.Engine;

/// <summary>Answers one turn at a time: the name becomes a folder, the folder a model, the conversation ids, the ids pieces of text.</summary>
internal sealed class ChatEngine(CheckpointDirectory directory, EngineThread thread, ModelShelf shelf) : IChatEngine
{
    public async IAsyncEnumerable<ChatPiece> AnswerAsync(ChatTurn turn, [EnumeratorCancellation] CancellationToken ct)
    {
        var (digest, folder) = await directory.ResolveAsync(turn.Model, ct);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var pieces = Channel.CreateUnbounded<ChatPiece>(new() { SingleReader = true, SingleWriter = true });
        var work = thread.RunAsync(() => Answer(shelf.Take(digest, folder), turn, pieces.Writer, stop.Token))
            .ContinueWith(t => pieces.Writer.Complete(t.Exception?.InnerException), CancellationToken.None);
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(ct))
            {
                yield return piece;
            }
        }
        finally
        {
            // A reader that left stops the generation at its next token.
            await stop.CancelAsync();
            await work;
        }
    }

    private static void Answer(ChatResponder model, ChatTurn turn, ChannelWriter<ChatPiece> pieces, CancellationToken ct)
    {
        var prompt = model.Encode(new JsonArray([.. turn.Messages.Select(m => (JsonNode)new JsonObject { ["role"] = m.Role, ["content"] = m.Content })]));
        var room = model.MaxPositions - prompt.Length;
        if (room < 1)
        {
            throw new ChatFault(400, $"messages: the conversation has {prompt.Length} tokens; this model takes {model.MaxPositions}, the answer included.", "messages", "context_length_exceeded");
        }

        var options = new GenerationOptions
        {
            MaxNewTokens = Math.Min(turn.MaxTokens, room), Sample = turn.Temperature > 0, Temperature = turn.Temperature > 0 ? turn.Temperature : 1, TopP = turn.TopP, TopK = turn.TopK,
            StopStrings = turn.Stop, Seed = (ulong)(turn.Seed ?? Random.Shared.NextInt64()),
        };
        var text = new StoppableText(model.Stream(), turn.Stop);
        var answer = model.Answer([prompt], options, 1, token =>
        {
            if (text.Add(token.Id) is { Length: > 0 } piece)
            {
                pieces.TryWrite(new(piece));
            }
        }, null, ct)[0];
        pieces.TryWrite(new(text.End(), answer.Reason == StopReason.Length ? "length" : "stop", prompt.Length, answer.Tokens));
    }
}
