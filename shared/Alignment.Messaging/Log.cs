using Microsoft.Extensions.Logging;

namespace Alignment.Messaging;

internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Warning, "Message {Type} {MessageId} was not sent (try {Try}): {Reason}")]
    public static partial void PublishFailed(this ILogger logger, string type, string messageId, long @try, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "Dispatching messages failed; rows wait")]
    public static partial void DispatchFailed(this ILogger logger, Exception fault);
}
