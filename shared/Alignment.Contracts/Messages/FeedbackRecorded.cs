namespace Alignment.Contracts.Messages;

/// <summary>Judgements arrived in a project; one message for many judgements, up to a watermark.</summary>
[Contract("feedback-recorded", NeedsSubscriber = true)]
public sealed record FeedbackRecorded(string ProjectId, long Judgements, long Watermark);
