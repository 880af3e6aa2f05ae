using Alignment.Ui;

var builder = WebApplication.CreateBuilder(args);
builder.AddUi();
builder.Services.AddHealthChecks();
var app = builder.Build();
app.MapHealthChecks("/health/live");
app.MapHealthChecks("/health/ready");
app.MapUi();
app.Run();
