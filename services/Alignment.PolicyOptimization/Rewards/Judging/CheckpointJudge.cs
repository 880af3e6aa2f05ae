using System.Text.Json.Nodes;
using Alignment.ModelCore.Generation;

namespace Alignment.PolicyOptimization.Rewards.Judging;

/// <summary>A judge in a local checkpoint folder; the best token is always taken.</summary>
internal sealed class CheckpointJudge(string folder) : IJudge
{
    private const int ReplyTokens = 16;
    private readonly ChatResponder model = ChatResponder.Load(folder);

    public IReadOnlyList<string> Ask(IReadOnlyList<JsonArray> conversations, CancellationToken cancellation) =>
        [.. model.Answer([.. conversations.Select(model.Encode)], new GenerationOptions { MaxNewTokens = ReplyTokens }, ct: cancellation).Select(a => a.Text)];

    public void Dispose() => model.Dispose();
}
