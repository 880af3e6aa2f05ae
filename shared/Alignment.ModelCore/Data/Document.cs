namespace Alignment.ModelCore.Data;

/// <summary>Something to pretrain on: bare <paramref name="Text"/>, or a <paramref name="Conversation"/> that the chat template renders.</summary>
public sealed record Document(string? Text, SftRow? Conversation);
