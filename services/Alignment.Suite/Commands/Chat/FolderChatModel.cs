using System.Text;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Generation;

namespace Alignment.Suite.Commands.Chat;

/// <summary>A model folder in one conversation: what a turn has computed serves the next.</summary>
internal sealed class FolderChatModel(ChatResponder responder) : IChatModel, IDisposable
{
    private readonly PrefixCache prefix = new();

    public int MaxPositions => responder.MaxPositions;

    public int[] Encode(JsonArray messages) => responder.Encode(messages);

    public ChatReply Answer(int[] prompt, GenerationOptions options, Action<string> show, CancellationToken ct)
    {
        var said = new StringBuilder();
        var tokens = 0;
        var text = new StoppableText(responder.Stream(), options.StopStrings);
        void Show(string piece)
        {
            if (piece.Length > 0)
            {
                said.Append(piece);
                show(piece);
            }
        }

        StopReason? reason = null;
        try
        {
            reason = responder.Answer(prompt, options, prefix, t =>
            {
                tokens++;
                Show(text.Add(t.Id));
            }, ct).Reason;
        }
        catch (OperationCanceledException)
        {
            // What has been said stands.
        }

        Show(text.End());
        return new(said.ToString(), tokens, prefix.Reused, reason);
    }

    public void Dispose() => prefix.Dispose();
}
