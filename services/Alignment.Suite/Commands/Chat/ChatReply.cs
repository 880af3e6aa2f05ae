using Alignment.ModelCore.Generation;

namespace Alignment.Suite.Commands.Chat;

/// <param name="Tokens">Generated, the end token included.</param>
/// <param name="Reused">Tokens of the prompt that the last turn had computed.</param>
/// <param name="Reason">Null when it was stopped.</param>
internal sealed record ChatReply(string Text, int Tokens, int Reused, StopReason? Reason);
