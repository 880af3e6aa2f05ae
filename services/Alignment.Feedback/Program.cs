using Alignment.Feedback;
using Alignment.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddFeedback();
var app = builder.Build();
app.MapServiceDefaults();
app.MapFeedback();
app.Run();
